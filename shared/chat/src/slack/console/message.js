// A message as Slack shows it.

import { el, foreign, link, moment, objects } from '../../core/dom.js';
import { emoji } from './emoji.js';
import { linksOnly, mrkdwn, plainText, richText, richWords, textObject } from './text.js';

/** The face beside the message: the emoji that the sender chose, or none. */
export function face(payload) {
  return emoji(String(payload.icon_emoji ?? '').replaceAll(':', ''));
}

/** The message's content, under the sender's name. */
export function content(payload) {
  const blocks = objects(payload.blocks);
  const parts = blocks.map(block);
  // With blocks, the text is only what notifications say.
  if (!blocks.length && payload.text) {
    const text = payload.mrkdwn === false ? linksOnly(payload.text) : mrkdwn(payload.text);
    parts.push(foreign('div', 'sl-text', ...text));
  }
  if (payload.markdown_text) parts.push(foreign('div', 'sl-text', payload.markdown_text));
  parts.push(...objects(payload.attachments).map(attachment));
  return el('div', 'sl-content', ...parts);
}

const BLOCKS = {
  section(given) {
    const fields = objects(given.fields).map((field) => foreign('div', 'sl-field', ...textObject(field)));
    return el('div', 'sl-section',
      given.text ? foreign('div', 'sl-text', ...textObject(given.text)) : null,
      fields.length ? el('div', 'sl-fields', ...fields) : null,
      given.accessory ? element(given.accessory) : null);
  },
  header: (given) => foreign('h3', 'sl-header', ...textObject(given.text)),
  divider: () => el('hr', 'sl-divider'),
  context: (given) => el('div', 'sl-context', ...objects(given.elements).map(element)),
  actions: (given) => el('div', 'sl-actions', ...objects(given.elements).map(element)),
  image: (given) => el('figure', 'sl-image', el('figcaption', '', ...textObject(given.title)), picture(given)),
  markdown: (given) => foreign('div', 'sl-text', String(given.text ?? '')),
  rich_text: (given) => el('div', 'sl-rich', ...richText(given)),
};

function block(given) {
  const known = Object.hasOwn(BLOCKS, given.type) ? BLOCKS[given.type] : null;
  return known ? known(given) : unknown(`block “${given.type}”`);
}

function element(given) {
  switch (given.type) {
    case 'mrkdwn':
    case 'plain_text': return foreign('span', 'sl-element', ...textObject(given));
    case 'button': return foreign('span', 'sl-button', ...textObject(given.text));
    case 'image': return picture(given);
    default: return unknown(`element “${given.type}”`);
  }
}

/** Pictures are not fetched: they stand there by what they are called. */
function picture(given) {
  const address = given.image_url ?? '';
  return el('span', 'placeholder', '🖼 ', link(address, given.alt_text || address));
}

function unknown(what) {
  return el('span', 'placeholder', `a Slack ${what}, not drawn here`);
}

const NAMED_COLORS = { good: '#2eb67d', warning: '#ecb22e', danger: '#e01e5a' };

function color(given) {
  const name = String(given ?? '');
  if (Object.hasOwn(NAMED_COLORS, name)) return NAMED_COLORS[name];
  const digits = /^#?([0-9a-f]{6}|[0-9a-f]{3})$/i.exec(name);
  return digits ? `#${digits[1]}` : null;
}

function attachment(given) {
  const bar = el('span', 'sl-bar');
  const painted = color(given.color);
  if (painted) bar.style.backgroundColor = painted;
  const blocks = objects(given.blocks);
  const body = blocks.length ? blocks.map(block) : oldAttachment(given);
  const shown = el('div', 'sl-attachment', bar, el('div', 'sl-attachment-body', ...body));
  if (!given.pretext) return shown;
  return el('div', '', foreign('div', 'sl-text', ...mrkdwn(given.pretext)), shown);
}

/** Attachments from before there were blocks. */
function oldAttachment(given) {
  const parts = [];
  if (given.author_name) parts.push(foreign('div', 'sl-small strong', given.author_name));
  if (given.title) {
    const title = plainText(String(given.title));
    parts.push(foreign('div', 'strong', given.title_link ? link(given.title_link, ...title) : el('span', '', ...title)));
  }
  const text = given.text ?? (parts.length || objects(given.fields).length ? null : given.fallback);
  if (text) parts.push(foreign('div', 'sl-text', ...mrkdwn(text)));
  const fields = objects(given.fields).map((field) => foreign('div', field.short ? 'sl-field' : 'sl-field wide',
    el('strong', '', String(field.title ?? '')), el('br'), ...mrkdwn(field.value ?? '')));
  if (fields.length) parts.push(el('div', 'sl-fields', ...fields));
  if (given.footer || given.ts) {
    const at = given.ts ? moment(new Date(Number(given.ts) * 1000)) : null;
    parts.push(foreign('div', 'sl-context', el('span', 'sl-element', given.footer ?? ''), at));
  }
  return parts;
}

/** What a notification would say of this message. */
export function summary(payload) {
  const given = payload.text || objects(payload.attachments)[0]?.fallback || objects(payload.blocks).map(richWords).join(' ');
  return el('span', '', ...linksOnly(String(given ?? ''))).textContent;
}
