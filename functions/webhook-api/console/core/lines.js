// Faults of a text that somebody types, at their lines.

import { el, prose, sentence } from './dom.js';
import { button } from './ui.js';

/** The height of a line of code, about. */
const HEIGHT = 20;

/** Puts the cursor onto a line. */
function choose(text, line) {
  const lines = text.value.split('\n');
  const begin = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
  text.focus();
  text.setSelectionRange(begin, begin + (lines[line - 1] ?? '').length);
  text.scrollTop = Math.max(0, (line - 6) * HEIGHT);
}

/** A fault in a row: where its line is not known, what it is of. */
export function faultLine(text, { line, pointer, detail }) {
  const at = line ? button(`Line ${line}`, () => choose(text, line), { kind: 'small' }) : pointer ? el('code', '', pointer) : null;
  return el('li', 'fault-line', at, el('span', '', ...prose(sentence(detail))));
}
