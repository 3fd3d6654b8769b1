// Elements made from text. Nothing here, or anywhere on this page, turns text into markup:
// what a message says can only ever become the text of an element.

/** An element with a class, properties and children (elements or text; nothing is left out). */
export function el(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ''));
  return element;
}

/** What a box gets when nobody presses on something in it any more. */
const waiting = new WeakMap();
/** How often that is looked for, in milliseconds. */
const LOOK = 100;

/**
 * Puts these in the place of what is in a box. A press on something there ends first: a click whose
 * target is gone would come to nothing. A press ends in many ways, so that it is looked at again.
 */
export function refill(box, ...children) {
  if (box.matches(':active')) {
    if (!waiting.has(box)) setTimeout(() => {
      const last = waiting.get(box);
      waiting.delete(box);
      if (last) refill(box, ...last);
    }, LOOK);
    waiting.set(box, children);
    return;
  }
  waiting.delete(box);
  holdFocus(box, box, () => box.replaceChildren(...children));
}

/** The keyboard stays where it was: at what is called the same in what comes `after`. */
export function holdFocus(before, after, change) {
  const held = before.contains(document.activeElement) ? nameOf(document.activeElement) : null;
  change();
  if (held === null || after.contains(document.activeElement)) return;
  [after, ...after.querySelectorAll('a, button, input, select, summary')].find((one) => nameOf(one) === held)?.focus({ preventScroll: true });
}

const nameOf = (one) => one.getAttribute('href') ?? one.getAttribute('aria-label') ?? one.textContent;

/** A text that came from a message: it cannot change the direction of what is around it. */
export function foreign(tag, className, ...children) {
  const element = el(tag, className, ...children);
  element.dir = 'auto';
  return element;
}

/** A link, if the address is one of the web; otherwise only the label. */
export function link(address, ...label) {
  const url = webUrl(address);
  const shown = label.length ? label : [String(address)];
  if (!url) return el('span', '', ...shown);
  const anchor = el('a', '', ...shown);
  anchor.href = url;
  anchor.target = '_blank';
  anchor.rel = 'noopener noreferrer';
  anchor.title = url;
  return anchor;
}

function webUrl(address) {
  try {
    const url = new URL(String(address));
    return ['http:', 'https:', 'mailto:'].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** A moment as the reader's own clock and calendar tell it. */
export function moment(date, text) {
  const element = el('time', '', text ?? clock(date));
  if (!Number.isNaN(date.getTime())) {
    element.dateTime = date.toISOString();
    element.title = format(date, { dateStyle: 'full', timeStyle: 'long' });
  }
  return element;
}

/** How long ago it was, or when it will be: `live.js` keeps it true. */
export function when(date) {
  const element = moment(date, ago(date));
  element.dataset.ago = date > Date.now() ? 'coming' : '';
  return element;
}

export function clock(date) {
  return format(date, { hour: 'numeric', minute: '2-digit' });
}

/** As chats say it: 'Today at 10:15', or the date. */
export function dayAndClock(date) {
  const day = dayName(date);
  return day
    ? `${day[0].toUpperCase()}${day.slice(1)} at ${clock(date)}`
    : `${format(date, { dateStyle: 'short' })} ${clock(date)}`;
}

/** 'today', 'yesterday' or 'tomorrow', in the reader's language; otherwise nothing. */
export function dayName(date) {
  const midnight = (d) => new Date(d.getFullYear(), d.getMonth(), d.getDate()).getTime();
  const days = Math.round((midnight(date) - midnight(new Date())) / 86_400_000);
  if (!(Math.abs(days) <= 1)) return null;
  return fromNow(days, 'day');
}

/** 'in 3 minutes', '2 hours ago'. */
export function ago(date) {
  const seconds = (date.getTime() - Date.now()) / 1000;
  const units = [['year', 31_536_000], ['month', 2_592_000], ['day', 86_400], ['hour', 3_600], ['minute', 60]];
  const [unit, size] = units.find(([, s]) => Math.abs(seconds) >= s) ?? ['second', 1];
  return fromNow(Math.round(seconds / size), unit);
}

// Making one takes longer than all that it then does.
const formats = new Map();
let relative;

/** '3 minutes ago', 'yesterday'. */
function fromNow(count, unit) {
  relative ??= new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });
  return relative.format(count, unit);
}

export function format(date, options) {
  if (Number.isNaN(date.getTime())) return '';
  const name = JSON.stringify(options);
  if (!formats.has(name)) formats.set(name, new Intl.DateTimeFormat(undefined, options));
  return formats.get(name).format(date);
}

/**
 * Text with inline markup as a list of texts and elements. `rules` are pairs of a sticky
 * pattern and what to make of a match; where none matches, a character is just text.
 */
export function inline(text, rules, depth = 0) {
  const parts = [];
  let plain = '';
  let at = 0;
  // Markup nested deeper than any person writes it is shown as it stands.
  const usable = depth < 8 ? rules : [];
  scan: while (at < text.length) {
    for (const [pattern, make] of usable) {
      pattern.lastIndex = at;
      const match = pattern.exec(text);
      const made = match && make(match, (inner) => inline(inner, rules, depth + 1));
      if (made === null || made === undefined) continue;
      if (plain) parts.push(plain);
      plain = '';
      parts.push(made);
      at += match[0].length;
      continue scan;
    }
    plain += text[at];
    at += 1;
  }
  if (plain) parts.push(plain);
  return parts;
}

const PROSE = [
  [/`([^`\n]{1,300})`/y, (match) => el('code', '', match[1])],
  [/\*\*([^*\n]{1,300})\*\*/y, (match) => el('strong', '', match[1])],
];

/** The objects of a list; none of what is no list. */
export function objects(value) {
  return Array.isArray(value) ? value.filter((item) => item && typeof item === 'object') : [];
}

/** As people begin a sentence. */
export const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** A sentence of the API: text, code between backticks, and what is bold. */
export const prose = (text) => inline(text, PROSE);
