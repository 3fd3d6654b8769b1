// Discord's markdown, as far as messages of machines use it.

import { ago, clock, el, format, inline, link, moment } from '../../core/dom.js';

/** The text of a message, a description or a field's value: lines and what is in them. */
export function markdown(text) {
  const pieces = String(text ?? '').split(/(```[^]*?```)/);
  return pieces.flatMap((piece) => {
    const fenced = /^```(?:[a-z0-9+-]*\n)?\n?([^]*?)\n?```$/i.exec(piece);
    if (fenced) return [el('pre', 'code-block', fenced[1])];
    return lines(piece);
  });
}

/** On one line: an embed's title or a field's name. */
export function markdownLine(text) {
  return inline(String(text ?? ''), RULES);
}

function lines(text) {
  const parts = [];
  let plain = [];
  const flush = () => {
    if (plain.length) parts.push(...inline(plain.join('\n'), RULES));
    plain = [];
  };
  for (const line of text.split('\n')) {
    const special = /^(> |-# |#{1,3} )(.+)$/.exec(line);
    if (special) {
      flush();
      parts.push(el(...lineElement(special[1]), ...inline(special[2], RULES)));
    } else {
      plain.push(line);
    }
  }
  flush();
  return parts;
}

function lineElement(start) {
  if (start === '> ') return ['blockquote', ''];
  if (start === '-# ') return ['small', 'dc-subtext'];
  return ['div', `dc-heading dc-heading-${start.trim().length}`];
}

const pair = (sign, tag, className = '') => [
  // The sign twice or once, text that may hold escaped characters, and the sign again.
  new RegExp(`${sign}(?=\\S)((?:\\\\[^]|(?!${sign})[^\\\\]){1,3000}?)${sign}`, 'y'),
  (match, within) => el(tag, className, ...within(match[1])),
];

const RULES = [
  [/\\([!-/:-@[-`{-~])/y, (match) => match[1]],
  [/(`+)(?!`)([^]{1,3000}?[^`])\1(?!`)|`([^`])`/y, (match) => el('code', '', (match[2] ?? match[3]).trim() || ' ')],
  [/\[((?:\\.|[^\]\\\n]){1,1000})\]\(<?(https?:[^\s<>)]{1,2000})>?\)/y, (match, within) => link(match[2], ...within(match[1]))],
  [/<t:(-?\d{1,13})(?::([tTdDfFsSR]))?>/y, (match) => timestamp(match[1], match[2])],
  [/<(@[!&]?|#)(\d{1,20})>/y, (match) => el('span', 'mention', `${match[1][0]}${match[2]}`)],
  [/<a?:(\w{1,60}):\d{1,20}>/y, (match) => `:${match[1]}:`],
  [/<(https?:[^\s<>]{1,2000})>/y, (match) => link(match[1])],
  [/@(?:everyone|here)\b/y, (match) => el('span', 'mention loud', match[0])],
  // Discord takes everything up to white space or '<' for one URL, backslashes included, wherever it
  // begins, and leaves this punctuation out at its end.
  [/(?:https?|steam):\/\/[^\s<]{1,2000}[^<.,:;"'\]\s]/y, (match) => link(match[0])],
  pair('\\*\\*', 'strong'),
  pair('__', 'u'),
  pair('~~', 's'),
  pair('\\|\\|', 'span', 'dc-spoiler'),
  pair('\\*', 'em'),
  // An underscore inside a word is part of its name.
  [/(?<![\p{L}\p{N}_])_(?=\S)((?:\\[^]|[^\\_]){1,3000}?)_(?![\p{L}\p{N}_])/yu, (match, within) => el('em', '', ...within(match[1]))],
];

const STYLES = {
  t: { timeStyle: 'short' },
  T: { timeStyle: 'medium' },
  d: { dateStyle: 'short' },
  D: { dateStyle: 'long' },
  f: { dateStyle: 'long', timeStyle: 'short' },
  F: { dateStyle: 'full', timeStyle: 'short' },
  s: { dateStyle: 'short', timeStyle: 'short' },
  S: { dateStyle: 'short', timeStyle: 'medium' },
};

function timestamp(seconds, style = 'f') {
  const at = new Date(Number(seconds) * 1000);
  if (Number.isNaN(at.getTime())) return null;
  const shown = style === 'R' ? ago(at) : format(at, STYLES[style]) || clock(at);
  const element = moment(at, shown);
  element.className = 'dc-timestamp';
  return element;
}
