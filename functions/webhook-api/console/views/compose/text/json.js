// JSON, with the line of each value: browsers say of faults where they are each in their own way,
// and of values not at all.

import { Flow } from './flow.js';

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORDS = { true: true, false: false, null: null };

/** What YAML writes in brackets, but for what only YAML has. */
class Json extends Flow {
  plain() {
    const number = this.token(NUMBER)?.[0];
    if (number === undefined) {
      const word = this.token(/[a-z]+/y)?.[0];
      if (word !== undefined && Object.hasOwn(WORDS, word)) return WORDS[word];
      this.fault('Here should be a value: a text in double quotes, a number, true, false, null, a list or an object.');
    }
    if (/^-?\d{16,}$/.test(number)) this.fault('A number this long is only exact in quotes.');
    return Number(number);
  }

  quoted() {
    if (this.text[this.at] !== '"') return undefined;
    const begin = this.at;
    super.quoted();
    try {
      return JSON.parse(this.text.slice(begin, this.at));
    } catch {
      return this.fault('In this text is something that JSON writes in another way, such as a tab: `\\t`.');
    }
  }

  name() {
    return this.quoted() ?? this.fault('Here should be a name in double quotes. There is no comma after the last one.');
  }

  comment() {
    return false;
  }
}

/** `{ value, lines }`: `lines` has the line of each pointer. */
export function json(text) {
  const lines = new Map();
  const reader = Object.assign(new Json(text, 0, 1, lines), { isStrict: true });
  const value = reader.value('', 0);
  reader.space();
  if (reader.at < text.length) reader.fault('Here it should end: there is something after the end.');
  return { value, lines };
}
