// An event as somebody pastes it: what it is taken for, and the lines of its parts.

import { Fault } from './fault.js';
import { json } from './json.js';
import { yaml } from './yaml.js';

/** The line of what a pointer means, or of what it should be in. */
function lineOf(lines, pointer) {
  for (let at = pointer; ; at = at.slice(0, at.lastIndexOf('/'))) {
    if (lines.has(at)) return lines.get(at);
    if (!at) return 0;
  }
}

/** `{ event, taken, lineOf(pointer) }`; a `Fault` where the text is no event. */
export function read(text) {
  if (!text.trim()) throw new Fault(1, 'There is nothing yet.');
  const isJson = /^\s*[[{]/.test(text);
  const { value, lines } = isJson ? json(text) : yaml(text);
  const first = lineOf(lines, '') || 1;
  if (Array.isArray(value)) throw new Fault(first, `This is a list of ${value.length}: one event is composed at a time.`);
  if (value === null || typeof value !== 'object') throw new Fault(first, 'This is a text. An event has fields, such as `type: deploy`.');
  if (Object.hasOwn(value, 'notifications')) throw new Fault(lineOf(lines, '/notifications'), 'This is a file of webhooks: “Declare” is the place for it.');
  const what = Object.hasOwn(value, 'specversion') ? 'a CloudEvent' : 'an event of Carillon';
  return { event: value, taken: `${what}, in ${isJson ? 'JSON' : 'YAML'}`, lineOf: (pointer) => lineOf(lines, pointer) };
}
