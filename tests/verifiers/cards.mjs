// Reads, with Microsoft's library, the Adaptive Cards that stand as a JSON list on the standard
// input, and weighs them. Says what it finds wrong with them, and ends with 3 where there is anything.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

// Its modules are written for bundlers; this is all of it in one file.
const library = createRequire(import.meta.url)('adaptivecards/dist/adaptivecards.js');
const { AdaptiveCard, SerializationContext, Versions } = library;

// Of a message, in bytes, however Teams encodes it for itself.
const MOST = 28 * 1024;

const problems = JSON.parse(readFileSync(0, 'utf8')).flatMap((payload) => {
  const context = new SerializationContext(Versions.v1_5);
  const card = new AdaptiveCard();
  card.parse(payload, context);
  const found = [];
  for (let at = 0; at < context.eventCount; at += 1) found.push(context.getEventAt(at).message);
  found.push(...card.validateProperties().validationEvents.map((event) => event.message));
  // What is posted is one attachment and little beside it.
  const sent = JSON.stringify({ type: 'message', attachments: [{ content: payload }] });
  const ascii = JSON.stringify(sent).replace(/[^\x00-\x7f]/g, () => '\\uXXXX');
  for (const size of [Buffer.byteLength(sent), ascii.length]) {
    if (size > MOST) found.push(`${size} of ${MOST} bytes`);
  }
  if (card.getItemCount() === 0) found.push('nothing is in it');
  return found.map((problem) => `${problem}: ${JSON.stringify(payload)}`);
});
for (const problem of problems) console.error(problem);
process.exit(problems.length > 0 ? 3 : 0);
