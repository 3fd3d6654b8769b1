// What became of an event, in a word: read when its row is seen, a few at a time, and kept while it
// cannot change.

import { get } from '../../core/api.js';
import { el } from '../../core/dom.js';
import { plural, status } from '../../core/ui.js';

const AT_ONCE = 4;
const waiting = [];
let running = 0;

function later(act) {
  waiting.push(act);
  // By then the row is in the page.
  requestAnimationFrame(next);
}

async function next() {
  if (running >= AT_ONCE || !waiting.length) return;
  running += 1;
  // The latest seen first: others may be out of sight again.
  await waiting.pop()().catch(() => {});
  running -= 1;
  next();
}

/** The worst of its deliveries, with how many of them. */
function verdict({ deliveries, matched }) {
  const count = (name) => deliveries.filter((one) => one.status === name).length;
  for (const name of ['failed', 'retrying', 'pending', 'skipped']) {
    if (count(name)) return [name, deliveries.length > 1 ? `${count(name)} of ${deliveries.length} ${name}` : undefined];
  }
  if (deliveries.length) return ['delivered', deliveries.length > 1 ? `${plural(deliveries.length, 'delivery', 'deliveries')} made` : undefined];
  return matched ? ['pending', undefined] : ['none', undefined];
}

/** An element that fills itself. */
export function outcome(id, known) {
  const node = el('span', 'outcome');
  const draw = () => node.replaceChildren(status(...known.get(id)));
  if (known.has(id)) draw();
  if (!known.has(id) || ['pending', 'retrying'].includes(known.get(id)[0])) {
    later(async () => {
      // Nobody looks any more.
      if (!node.isConnected) return;
      known.set(id, verdict(await get(`events/${encodeURIComponent(id)}/`)));
      draw();
    });
  }
  return node;
}
