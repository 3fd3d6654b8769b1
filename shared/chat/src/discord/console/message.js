// A message as Discord shows it.

import { dayAndClock, el, foreign, link, moment, objects } from '../../core/dom.js';
import { markdown, markdownLine } from './text.js';

/** The message's content, under the sender's name. */
export function content(payload) {
  return el('div', 'dc-content',
    payload.content ? foreign('div', 'dc-text', ...markdown(payload.content)) : null,
    ...objects(payload.embeds).map(embed),
    ...objects(payload.components).map(component),
    payload.poll ? el('span', 'placeholder', 'a poll, not drawn here') : null);
}

function embed(given) {
  const shown = el('div', 'dc-embed',
    given.author?.name ? foreign('div', 'dc-author', String(given.author.name)) : null,
    given.title ? title(given) : null,
    given.description ? foreign('div', 'dc-description', ...markdown(given.description)) : null,
    fields(objects(given.fields)),
    picture(given.image ?? given.thumbnail),
    footer(given));
  if (Number.isInteger(given.color)) {
    shown.style.borderLeftColor = `#${given.color.toString(16).padStart(6, '0').slice(-6)}`;
  }
  return shown;
}

function title(given) {
  const text = markdownLine(given.title);
  return foreign('div', 'dc-title', ...(given.url ? [link(given.url, ...text)] : text));
}

/** Up to three inline fields share a row and divide it evenly; the others have one each. */
function fields(given) {
  if (!given.length) return null;
  const rows = [];
  for (const field of given) {
    const last = rows.at(-1);
    if (field.inline && last?.inline && last.fields.length < 3) last.fields.push(field);
    else rows.push({ inline: Boolean(field.inline), fields: [field] });
  }
  return el('div', 'dc-fields', ...rows.map((row) => el('dl', `dc-row dc-row-${row.fields.length}`,
    ...row.fields.map((field) => el('div', row.inline ? 'dc-field' : 'dc-field wide',
      foreign('dt', '', ...markdownLine(field.name)),
      foreign('dd', '', ...markdown(field.value)))))));
}

/** Pictures are not fetched: they stand there by their address. */
function picture(given) {
  return given?.url ? el('span', 'placeholder', '🖼 ', link(given.url)) : null;
}

function footer(given) {
  const text = given.footer?.text;
  const at = given.timestamp ? new Date(given.timestamp) : null;
  if (!text && !at) return null;
  return foreign('div', 'dc-footer',
    text ? foreign('span', '', String(text)) : null,
    text && at ? el('span', 'dc-dot', '•') : null,
    at ? moment(at, dayAndClock(at) || String(given.timestamp)) : null);
}

/** Components as far as they are text. */
function component(given) {
  if (typeof given.content === 'string') return foreign('div', 'dc-text', ...markdown(given.content));
  const inner = objects(given.components);
  if (inner.length) return el('div', 'dc-container', ...inner.map(component));
  return el('span', 'placeholder', given.label ? String(given.label) : 'a component, not drawn here');
}

/** What a notification would say of this message. */
export function summary(payload) {
  const first = objects(payload.embeds)[0];
  const given = payload.content || first?.title || first?.description || '';
  return el('span', '', ...markdownLine(given)).textContent;
}
