// Slack's markup in texts: mrkdwn, its links and dates in angle brackets, emoji names.

import { ago, clock, dayName, el, foreign, format, inline, link, moment, objects } from '../../core/dom.js';
import { emoji } from './emoji.js';

/** A text object, or a plain string, as a list of texts and elements. */
export function textObject(object) {
  if (typeof object === 'string') return mrkdwn(object);
  if (!object || typeof object.text !== 'string') return [];
  return object.type === 'plain_text' ? plainText(object.text) : mrkdwn(object.text);
}

export function plainText(text) {
  return inline(text, [ENTITY, EMOJI]);
}

/** Without bold and the like, but with links: a `text` that has `mrkdwn: false`. */
export function linksOnly(text) {
  return inline(text, [ANGLE, ENTITY, EMOJI]);
}

export function mrkdwn(text) {
  // Quotes are lines; fenced code runs over lines and is cut out first.
  const pieces = String(text).split(/(```[^]*?```)/);
  return pieces.flatMap((piece) => {
    const fenced = /^```\n?([^]*?)\n?```$/.exec(piece);
    if (fenced) return [el('pre', 'code-block', unescape(fenced[1]))];
    return quotes(piece);
  });
}

function quotes(text) {
  const parts = [];
  let plain = [];
  let quoted = [];
  const flushPlain = () => {
    if (plain.length) parts.push(...inline(plain.join('\n'), RULES));
    plain = [];
  };
  const flushQuoted = () => {
    if (quoted.length) parts.push(el('blockquote', '', ...inline(quoted.join('\n'), RULES)));
    quoted = [];
  };
  for (const line of text.split('\n')) {
    const quote = /^(?:&gt;|>) ?(.*)$/.exec(line);
    if (quote) {
      flushPlain();
      quoted.push(quote[1]);
    } else {
      flushQuoted();
      plain.push(line);
    }
  }
  flushQuoted();
  flushPlain();
  return parts;
}

function unescape(text) {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

/** Rich text: paragraphs in which no markup is read. What is bold or a link says so beside its text. */
export function richText(given) {
  return objects(given.elements).map(paragraph);
}

function paragraph(given) {
  switch (given.type) {
    case 'rich_text_preformatted': return foreign('pre', 'code-block', ...objects(given.elements).map(run));
    case 'rich_text_quote': return foreign('blockquote', '', ...objects(given.elements).map(run));
    case 'rich_text_list': return el(given.style === 'ordered' ? 'ol' : 'ul', '',
      ...objects(given.elements).map((item) => el('li', '', paragraph(item))));
    default: return foreign('div', 'sl-text', ...objects(given.elements).map(run));
  }
}

const STYLES = { bold: 'strong', italic: 'em', strike: 's', code: 'code' };

function run(given) {
  const styles = Object.keys(STYLES).filter((name) => given.style?.[name] === true);
  return styles.reduce((shown, name) => el(STYLES[name], '', shown), bare(given));
}

function bare(given) {
  switch (given.type) {
    case 'text': return el('span', '', String(given.text ?? ''));
    case 'link': return link(given.url, String(given.text ?? given.url));
    case 'emoji': return el('span', '', emoji(given.name) ?? `:${given.name}:`);
    case 'date': return date(`!date^${given.timestamp}^${given.format ?? ''}`, String(given.fallback ?? ''));
    case 'broadcast': return el('span', 'mention loud', `@${given.range}`);
    case 'user': return el('span', 'mention', `@${given.user_id}`);
    case 'usergroup': return el('span', 'mention', `@${given.usergroup_id}`);
    case 'channel': return el('span', 'mention', `#${given.channel_id}`);
    default: return el('span', 'placeholder', `a Slack “${given.type}”, not drawn here`);
  }
}

/** All that rich text says. */
export function richWords(given) {
  return objects(given?.elements).map((part) => part.text ?? part.url ?? richWords(part)).join('');
}

const ENTITY = [/&(?:amp|lt|gt);/y, (match) => unescape(match[0])];
const EMOJI = [/:([a-z0-9_+-]{1,60}):/y, (match) => emoji(match[1])];
const ANGLE = [/<([^<>\n]{1,3000})>/y, (match) => angle(match[1])];

/** Bold, italic, strike: the sign must stand at the edge of a word. */
function styled(sign, tag) {
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])[${sign}](?=\\S)([^\\n${sign}]{0,3000}[^\\s${sign}])[${sign}](?![\\p{L}\\p{N}])`, 'yu');
  return [pattern, (match, within) => el(tag, '', ...within(match[1]))];
}

const RULES = [
  [/`([^`\n]{1,3000})`/y, (match) => el('code', '', unescape(match[1]))],
  ANGLE,
  ENTITY,
  EMOJI,
  styled('*', 'strong'),
  styled('_', 'em'),
  styled('~', 's'),
];

function angle(content) {
  const bar = content.indexOf('|');
  const target = bar < 0 ? content : content.slice(0, bar);
  const label = bar < 0 ? '' : unescape(content.slice(bar + 1));
  if (target.startsWith('!date^')) return date(target, label);
  if (target.startsWith('!')) return el('span', 'mention loud', `@${label || target.slice(1).replace(/^subteam\^/, '')}`);
  if (target.startsWith('@')) return el('span', 'mention', `@${label || target.slice(1)}`);
  if (target.startsWith('#')) return el('span', 'mention', `#${label || target.slice(1)}`);
  return link(unescape(target), label || unescape(target));
}

function date(target, fallback) {
  const [, seconds, tokens = '', address] = target.split('^');
  const at = new Date(Number(seconds) * 1000);
  if (!seconds || Number.isNaN(at.getTime())) return fallback;
  const shown = tokens.replace(/\{([a-z_]+)\}/g, (token, name) => dateToken(at, name) ?? token);
  const element = moment(at, shown);
  return address ? link(address, element) : element;
}

function dateToken(at, name) {
  const pretty = name.endsWith('_pretty') ? dayName(at) : null;
  if (pretty) return pretty;
  switch (name.replace(/_pretty$/, '')) {
    case 'date_num': return format(at, { year: 'numeric', month: '2-digit', day: '2-digit' });
    case 'date': return format(at, { dateStyle: 'long' });
    case 'date_short': return format(at, { dateStyle: 'medium' });
    case 'date_long': return format(at, { dateStyle: 'full' });
    case 'time': return clock(at);
    case 'time_secs': return format(at, { timeStyle: 'medium' });
    case 'ago': return ago(at);
    default: return null;
  }
}
