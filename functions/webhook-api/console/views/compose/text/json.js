// JSON, with the line of each value: browsers say of faults where they are each in their own way,
// and of values not at all.

import { DEEPEST, Fault, inside, put } from './fault.js';

const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORDS = { true: true, false: false, null: null };
const WORD = /[a-z]+/y;

/** `{ value, lines }`: `lines` has the line of each pointer. */
export function json(text) {
  const lines = new Map();
  let at = 0;
  let line = 1;

  const fault = (detail) => { throw new Fault(line, detail); };

  function space() {
    for (; at < text.length && ' \t\r\n'.includes(text[at]); at += 1) if (text[at] === '\n') line += 1;
  }

  function token(pattern) {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found) at += found.length;
    return found;
  }

  function string() {
    const found = token(STRING);
    return found === undefined ? fault('This text has no closing quote on its line, or something that must be escaped.') : JSON.parse(found);
  }

  /** `[` or `{` and what is in it, up to its end. */
  function list(end, one) {
    at += 1;
    space();
    if (text[at] === end) {
      at += 1;
      return;
    }
    for (;;) {
      one();
      space();
      if (text[at] === end) break;
      if (text[at] !== ',') fault(at < text.length ? `There should be a comma or \`${end}\` before \`${text[at]}\`.` : `It ends too early: \`${end}\` is missing.`);
      at += 1;
      space();
      if (text[at] === end) fault('There is a comma too many before the end.');
    }
    at += 1;
  }

  function value(pointer, depth) {
    space();
    lines.set(pointer, line);
    if (depth > DEEPEST) fault('This is nested too deeply.');
    if (text[at] === '{') {
      const made = {};
      list('}', () => {
        space();
        if (text[at] !== '"') fault('Here should be a name in double quotes.');
        const name = string();
        if (Object.hasOwn(made, name)) fault(`\`${name}\` stands here twice.`);
        space();
        if (text[at] !== ':') fault(`After \`"${name}"\` should be a colon.`);
        at += 1;
        put(made, name, value(inside(pointer, name), depth + 1));
      });
      return made;
    }
    if (text[at] === '[') {
      const made = [];
      list(']', () => { made.push(value(inside(pointer, made.length), depth + 1)); });
      return made;
    }
    if (text[at] === '"') return string();
    const number = token(NUMBER);
    if (number !== undefined) {
      if (/^-?\d{16,}$/.test(number)) fault('A number this long is only exact in quotes.');
      return Number(number);
    }
    const word = token(WORD);
    if (word !== undefined && Object.hasOwn(WORDS, word)) return WORDS[word];
    return fault(at < text.length ? 'Here should be a value: a text in double quotes, a number, true, false, null, a list or an object.' : 'It ends too early: a value is missing.');
  }

  const made = value('', 0);
  space();
  if (at < text.length) fault('Here it should end: there is something after the end.');
  return { value: made, lines };
}
