// The part of YAML that people write events in: mappings, lists, texts, comments. Nothing in it
// makes one thing of another: no anchors, no tags, one document.

import { DEEPEST, Fault, inside, put } from './fault.js';
import { Flow, plain, refuse } from './flow.js';

const ITEM = /^-(?:\s+|$)/;
const BLOCK = /^([|>])([+-]?)\s*(?:#.*)?$/;

const uncommented = (text) => text.replace(/(^|\s)#.*$/, '').trimEnd();

/** The lines of a document, of which the reader knows the one it is at. */
class Reader {
  constructor(text) {
    this.text = text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
    this.rows = this.text.split('\n');
    let begin = 0;
    // Where each line begins.
    this.begins = this.rows.map((row) => (begin += row.length + 1) - row.length - 1);
    this.n = 0;
    this.lines = new Map();
  }

  get line() {
    return this.n + 1;
  }

  fault(detail) {
    throw new Fault(this.line, detail);
  }

  /** The next line that says something: `{ indent, text }`; none at the end. */
  row() {
    for (; this.n < this.rows.length; this.n += 1) {
      const [, spaces, text] = /^(\s*)(.*)$/s.exec(this.rows[this.n]);
      if (!text || text.startsWith('#')) continue;
      if (spaces.includes('\t')) this.fault('Lines are indented by spaces here, not by tabs.');
      if (!spaces && /^(---|\.\.\.)(\s|$)/.test(text)) this.fault('There is one document here, not several.');
      return { indent: spaces.length, text };
    }
    return null;
  }

  /** A line as if it began later: what stands after the dash of an item. */
  begin(indent, text) {
    this.rows[this.n] = ' '.repeat(indent) + text;
  }

  document() {
    while (/^\s*(#.*)?$/.test(this.rows[this.n] ?? 'x')) this.n += 1;
    if (/^---\s*(#.*)?$/.test(this.rows[this.n])) this.n += 1;
    const first = this.row();
    const value = first ? this.block(first.indent, '', 0) : null;
    if (this.row()) this.fault('This line is indented less or more than what it belongs to.');
    return value;
  }

  block(indent, pointer, depth) {
    if (depth > DEEPEST) this.fault('This is nested too deeply.');
    // What stands below its name is found where the name is.
    if (!this.lines.has(pointer)) this.lines.set(pointer, this.line);
    const { text } = this.row();
    if (ITEM.test(text)) return this.list(indent, pointer, depth);
    if (this.key(text)) return this.mapping(indent, pointer, depth);
    return this.value(text, indent - 1, pointer, depth);
  }

  list(indent, pointer, depth) {
    const made = [];
    for (let row = this.row(); row?.indent === indent && ITEM.test(row.text); row = this.row()) {
      const at = inside(pointer, made.length);
      const dash = ITEM.exec(row.text)[0].length;
      const rest = row.text.slice(dash);
      if (rest && !rest.startsWith('#') && (ITEM.test(rest) || this.key(rest))) {
        this.begin(indent + dash, rest);
        made.push(this.block(indent + dash, at, depth + 1));
      } else {
        made.push(this.value(rest, indent, at, depth + 1));
      }
    }
    return made;
  }

  mapping(indent, pointer, depth) {
    const made = {};
    for (let row = this.row(); row?.indent === indent && !ITEM.test(row.text); row = this.row()) {
      const found = this.key(row.text);
      if (!found) this.fault('Here should be a name, a colon and a space: `environment: production`.');
      const { name, rest } = found;
      if (Object.hasOwn(made, name)) this.fault(`\`${name}\` stands here twice.`);
      put(made, name, this.value(rest, indent, inside(pointer, name), depth + 1, true));
    }
    return made;
  }

  /** The name that a line begins with, and what stands after its colon. */
  key(text) {
    if (/^["']/.test(text)) {
      const flow = new Flow(text, 0, this.line, this.lines);
      const name = flow.quoted();
      const rest = /^\s*:(?:\s+|$)(.*)$/.exec(text.slice(flow.at));
      return rest && { name, rest: rest[1] };
    }
    const end = text.search(/:(?:\s|$)/);
    if (end < 1 || /^[#[\]{},]/.test(text)) return null;
    refuse(text, this.line);
    const name = text.slice(0, end).trimEnd();
    return /\s#/.test(name) ? null : { name, rest: text.slice(end + 1).trimStart() };
  }

  /** What stands after a colon or a dash, or below it. `hasName` where a list may begin at the name's own indent. */
  value(text, indent, pointer, depth, hasName = false) {
    this.lines.set(pointer, this.line);
    if (uncommented(text) === '') return this.below(indent, pointer, depth, hasName);
    if (text[0] === '|' || text[0] === '>') return this.literal(text, indent);
    if (/^["'[{]/.test(text)) return this.flow(text, pointer, depth);
    if (hasName && ITEM.test(text)) this.fault('A list begins on the line after the colon.');
    refuse(text, this.line);
    return this.folded(text, indent);
  }

  below(indent, pointer, depth, hasName) {
    this.n += 1;
    const next = this.row();
    if (!next) return null;
    const isOurs = next.indent > indent || (hasName && next.indent === indent && ITEM.test(next.text));
    return isOurs ? this.block(next.indent, pointer, depth) : null;
  }

  flow(text, pointer, depth) {
    const at = this.begins[this.n] + this.rows[this.n].length - text.length;
    const flow = new Flow(this.text, at, this.line, this.lines);
    const value = flow.value(pointer, depth);
    const end = flow.text.indexOf('\n', flow.at);
    const rest = flow.text.slice(flow.at, end === -1 ? undefined : end);
    this.n = flow.line - 1;
    if (!/^\s*(\s#.*)?$/.test(rest)) this.fault('There is something after the end of this value.');
    this.n += 1;
    return value;
  }

  /** A plain text, which goes on in the lines that are indented more. */
  folded(text, indent) {
    const parts = [];
    for (let row = { text }; row; row = this.row()) {
      if (parts.length && row.indent <= indent) break;
      const part = uncommented(row.text);
      if (/:(\s|$)/.test(part)) this.fault('A text with a colon and a space, or with a colon at its end, must be in quotes.');
      parts.push(part.trim());
      this.n += 1;
      if (part !== row.text.trimEnd()) break;
    }
    return parts.length > 1 ? parts.join(' ') : plain(parts[0]);
  }

  /** A text of several lines: as they stand (`|`), or joined (`>`). */
  literal(text, indent) {
    const header = BLOCK.exec(text);
    if (!header) this.fault('After `|` and `>` the text begins on the next line.');
    const [, sign, chomp] = header;
    this.n += 1;
    const content = [];
    let deep = 0;
    for (; this.n < this.rows.length; this.n += 1) {
      const row = this.rows[this.n];
      const own = /^ */.exec(row)[0].length;
      if (row.trim() && !deep) deep = own > indent ? own : Infinity;
      if (row.trim() && own < deep) break;
      content.push(deep && deep !== Infinity ? row.slice(deep) : '');
    }
    let empty = 0;
    while (content.at(-1)?.trim() === '') {
      content.pop();
      empty += 1;
    }
    const made = sign === '|' ? content.join('\n') : joined(content);
    if (chomp === '-' || !content.length) return made;
    return made + '\n'.repeat(chomp === '+' ? empty + 1 : 1);
  }
}

/** Lines become one; an empty one ends it, and those that are indented more stay as they are. */
function joined(content) {
  let made = '';
  let empty = 0;
  content.forEach((line, index) => {
    if (!line.trim()) {
      empty += 1;
      return;
    }
    const isKept = [line, content[index - 1 - empty] ?? ''].some((one) => /^\s/.test(one));
    if (index) made += empty ? '\n'.repeat(empty + Number(isKept)) : isKept ? '\n' : ' ';
    made += line;
    empty = 0;
  });
  return made;
}

/** `{ value, lines }`: `lines` has the line of each pointer. */
export function yaml(text) {
  const reader = new Reader(text);
  return { value: reader.document(), lines: reader.lines };
}
