// What YAML writes within a line: quoted and plain texts, and lists and mappings in brackets.

import { DEEPEST, Fault, inside, put } from './fault.js';

const DOUBLE = /"((?:[^"\\\n]|\\.)*)"/y;
const SINGLE = /'((?:[^'\n]|'')*)'/y;
const PLAIN = /(?:[^\s,[\]{}:#]|:(?=[^\s,[\]{}])|(?<=\S)#|[ \t]+(?=[^\s,[\]{}:#]|:[^\s,[\]{}]))+/y;
const ESCAPES = { n: '\n', t: '\t', r: '\r', 0: '\0', '"': '"', '\\': '\\', '/': '/', ' ': ' ', b: '\b', f: '\f', e: '\u001b' };

/** What a plain text stands for. A number stays as it is written: an account's id is none, and 1.0 is not 1. */
export function plain(text) {
  if (['', '~', 'null'].includes(text)) return null;
  if (text === 'true') return true;
  if (text === 'false') return false;
  return text;
}

/** Anchors, aliases, tags and the like are not read; a plain text cannot begin with their signs either. */
export function refuse(text, line) {
  if (/^([&*!@`%]|\?(\s|$))/.test(text)) throw new Fault(line, `What YAML means by \`${text[0]}\` is not read here: a text that begins with it must be in quotes.`);
}

function unescaped(text, line) {
  return text.replaceAll(/\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(.))/g, (all, two, four, one) => {
    if (one === undefined) return String.fromCharCode(parseInt(two ?? four, 16));
    if (!Object.hasOwn(ESCAPES, one)) throw new Fault(line, `\`${all}\` means nothing in a text in double quotes.`);
    return ESCAPES[one];
  });
}

/** Reads on in `text` from `at`, which is on `line`. */
export class Flow {
  constructor(text, at, line, lines) {
    // Strictly, every name has a value, and no comma stands before an end.
    Object.assign(this, { text, at, line, lines, isStrict: false });
  }

  fault(detail) {
    throw new Fault(this.line, detail);
  }

  token(pattern) {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found) this.at += found[0].length;
    return found;
  }

  /** A text in quotes, which ends on its line; none, where there is no quote. */
  quoted() {
    const sign = this.text[this.at];
    if (sign !== '"' && sign !== "'") return undefined;
    const found = this.token(sign === '"' ? DOUBLE : SINGLE);
    if (!found) this.fault('This text has no closing quote on its line. A text of several lines begins with `|`.');
    return sign === '"' ? unescaped(found[1], this.line) : found[1].replaceAll("''", "'");
  }

  /** Passes spaces, line ends and comments. */
  space() {
    for (;;) {
      const sign = this.text[this.at];
      if (sign === '\n') this.line += 1;
      else if (sign === '#' && this.comment()) {
        while (this.at < this.text.length && this.text[this.at] !== '\n') this.at += 1;
        continue;
      } else if (sign === undefined || !/\s/.test(sign)) return;
      this.at += 1;
    }
  }

  comment() {
    return /^$|\s/.test(this.text[this.at - 1] ?? '');
  }

  value(pointer, depth) {
    this.space();
    this.lines.set(pointer, this.line);
    if (depth > DEEPEST) this.fault('This is nested too deeply.');
    const sign = this.text[this.at];
    if (sign === '[') return this.list(pointer, depth);
    if (sign === '{') return this.mapping(pointer, depth);
    const text = this.quoted();
    if (text !== undefined) return text;
    return this.plain();
  }

  plain() {
    refuse(this.text.slice(this.at, this.at + 2), this.line);
    return plain((this.token(PLAIN)?.[0] ?? '').trim());
  }

  name() {
    return this.quoted() ?? this.token(PLAIN)?.[0].trim() ?? this.fault('Here should be a name.');
  }

  list(pointer, depth) {
    const made = [];
    this.parts(']', () => { made.push(this.value(inside(pointer, made.length), depth + 1)); });
    return made;
  }

  mapping(pointer, depth) {
    const made = {};
    this.parts('}', () => {
      const name = this.name();
      if (Object.hasOwn(made, name)) this.fault(`\`${name}\` stands here twice.`);
      this.space();
      const hasValue = this.text[this.at] === ':';
      if (hasValue) this.at += 1;
      else if (this.isStrict) this.fault(`After \`"${name}"\` should be a colon.`);
      this.lines.set(inside(pointer, name), this.line);
      put(made, name, hasValue ? this.value(inside(pointer, name), depth + 1) : null);
    });
    return made;
  }

  /** Each part up to the end. */
  parts(end, one) {
    const isEnd = () => {
      this.at += 1;
      this.space();
      return this.text[this.at] === end;
    };
    let more = !isEnd();
    while (more) {
      one();
      this.space();
      more = this.text[this.at] === ',';
      if (more) more = !isEnd() || this.isStrict;
      else if (this.text[this.at] !== end) this.fault(`A comma or \`${end}\` is missing.`);
    }
    this.at += 1;
  }
}
