// A message as Teams shows it: an Adaptive Card.

import { el, foreign, inline, link, objects } from '../../core/dom.js';

/** The message's content, under the sender's name. */
export function content(payload) {
  const cards = objects(payload.attachments).map((attachment) => attachment.content);
  return el('div', 'tm-content', ...cards.filter((given) => given && typeof given === 'object').map(card));
}

/** What people would read first of this message; a notification of Teams says only "Card". */
export function summary(payload) {
  return content(payload).querySelector('.tm-text')?.textContent ?? '';
}

function card(given) {
  return el('div', 'tm-card', ...objects(given.body).map(element), actions(objects(given.actions)));
}

const ELEMENTS = { TextBlock: text, RichTextBlock: rich, FactSet: facts, Container: container, ColumnSet: columns, Image: picture, ActionSet: (given) => actions(objects(given.actions)) };

function element(given) {
  if (given.isVisible === false) return null;
  const draw = Object.hasOwn(ELEMENTS, given.type) ? ELEMENTS[given.type] : null;
  // Teams leaves out the whole card where it does not know a part of it.
  return draw ? draw(given) : el('span', 'placeholder', `${given.type}: Teams would not show this card`);
}

function text(given) {
  if (!given.text) return null;
  const element = foreign('div', `tm-text ${look(given)}`, ...markdown(given.text));
  if (!given.wrap) element.classList.add('tm-cut');
  return element;
}

/** Weight, size, colour and the like as classes. Their names are of capitals or not. */
function look(given) {
  const classes = ['weight', 'size', 'color', 'fontType'].map((name) => {
    const value = String(given[name] ?? '').toLowerCase();
    return /^[a-z]+$/.test(value) ? `tm-${name.toLowerCase()}-${value}` : '';
  });
  if (given.isSubtle) classes.push('tm-subtle');
  return classes.join(' ');
}

/** Texts that are shown as they are. */
function rich(given) {
  return foreign('div', 'tm-text', ...objects(given.inlines).map((run) => {
    const shown = el('span', look(run), String(run.text ?? ''));
    return run.selectAction?.url ? link(run.selectAction.url, shown) : shown;
  }));
}

function facts(given) {
  return el('dl', 'tm-facts', ...objects(given.facts).flatMap((fact) => [
    foreign('dt', '', ...markdown(fact.title)), foreign('dd', '', ...markdown(fact.value))]));
}

function container(given) {
  const style = String(given.style ?? 'default').toLowerCase();
  const inner = objects(given.items).map(element);
  const opens = given.selectAction?.url;
  return el('div', `tm-container tm-style-${/^[a-z]+$/.test(style) ? style : 'default'}`,
    ...(opens ? [link(opens, ...inner)] : inner));
}

function columns(given) {
  return el('div', 'tm-columns', ...objects(given.columns).map(container));
}

/** Pictures are not fetched: they stand there by their address. */
function picture(given) {
  return el('span', 'placeholder', '🖼 ', link(given.url));
}

function actions(given) {
  if (!given.length) return null;
  return el('div', 'tm-actions', ...given.map((action) => el('span', 'tm-button',
    action.url ? link(action.url, String(action.title ?? '')) : String(action.title ?? ''))));
}

/** The part of Markdown that Teams reads; an empty line begins a new one, and one break is a space. */
function markdown(given) {
  const lines = String(given ?? '').split(/(\n{2,}|\n(?=(?:[-*] |\d{1,9}\. )))/);
  return lines.flatMap((line) => {
    if (/^\n+$/.test(line)) return [el('br', '')];
    const item = /^([-*]|\d{1,9}\.) ([^]*)$/.exec(line);
    if (item) return [item[1].length > 1 ? `${item[1]} ` : '• ', ...inline(item[2], RULES)];
    return inline(line.replaceAll('\n', ' '), RULES);
  });
}

const pair = (sign, tag) => [
  // The sign, text that may hold escaped characters, and the sign again; not within a word.
  new RegExp(`(?<![\\p{L}\\p{N}])${sign}(?=\\S)((?:\\\\[^]|(?!${sign})[^\\\\]){1,3000}?)${sign}(?![\\p{L}\\p{N}])`, 'yu'),
  (match, within) => el(tag, '', ...within(match[1])),
];

const ENTITIES = { amp: '&', lt: '<', gt: '>', quot: '"', nbsp: ' ' };

const RULES = [
  [/\\([!-/:-@[-`{-~])/y, (match) => match[1]],
  [/&(amp|lt|gt|quot|nbsp);/y, (match) => ENTITIES[match[1]]],
  [/\[((?:\\.|[^\]\\\n]){1,1000})\]\((https?:[^\s<>)]{1,2000})\)/y, (match, within) => link(match[2], ...within(match[1]))],
  [/<at>([^<]{1,200})<\/at>/y, (match) => el('span', 'mention', match[1])],
  [/(?<![\p{L}\p{N}])https?:\/\/[^\s<>\\]{1,2000}[^\s<>\\.,:;!?'")\]]/yu, (match) => link(match[0])],
  pair('\\*\\*', 'strong'),
  pair('__', 'strong'),
  pair('\\*', 'em'),
  pair('_', 'em'),
];
