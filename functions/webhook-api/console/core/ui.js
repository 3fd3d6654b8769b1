// The parts that views are made of.

import { el, prose, sentence } from './dom.js';
import { icon } from './icons.js';
import { nameOf, platforms } from './message.js';

/** A button. While what it began is not done, it cannot be pressed again; what fails is told. */
export function button(label, act, { sign, kind = '', title } = {}) {
  const made = el('button', `button ${kind}`, sign ? icon(sign) : null, el('span', '', label));
  made.type = 'button';
  if (title) made.title = title;
  made.addEventListener('click', async (event) => {
    if (made.getAttribute('aria-busy') === 'true') return;
    made.setAttribute('aria-busy', 'true');
    try {
      await act(event);
    } catch (error) {
      toast(error.message, 'bad');
    } finally {
      made.removeAttribute('aria-busy');
    }
  });
  return made;
}

export function linkButton(label, address, { sign, kind = '' } = {}) {
  const made = el('a', `button ${kind}`, sign ? icon(sign) : null, el('span', '', label));
  made.href = address;
  return made;
}

/** Each status: its word, sign and tone. A tone is never told by colour alone. */
const STATUSES = {
  active: ['Active', 'check', 'good'],
  failing: ['Not getting through', 'warning', 'warn'],
  suspended: ['Suspended', 'cross', 'bad'],
  disabled: ['Switched off', 'pause', 'calm'],
  delivered: ['Delivered', 'check', 'good'],
  failed: ['Failed', 'cross', 'bad'],
  skipped: ['Skipped', 'skip', 'calm'],
  retrying: ['Trying again', 'again', 'warn'],
  pending: ['Waiting', 'wait', 'calm'],
  none: ['Nobody gets it', 'skip', 'calm'],
  succeeded: ['Succeeded', 'check', 'good'],
  started: ['Started', 'wait', 'calm'],
};

export function status(name, label) {
  const [word, sign, tone] = STATUSES[name] ?? [name, 'wait', 'calm'];
  return el('span', `status ${tone}`, icon(sign), el('span', '', label ?? word));
}

export function platform(type) {
  return el('span', `platform-badge ${platforms.includes(type) ? type : ''}`, nameOf(type));
}

/** What went wrong, with all faults and the request's id for whoever runs Carillon. */
export function failure(error) {
  console.error(error);
  const faults = (error.faults ?? []).map((fault) => el('li', '', el('code', '', fault.pointer), ' ', ...prose(fault.detail)));
  const id = error.problem?.request_id;
  return el('div', 'notice bad', icon('warning'), el('div', '',
    el('p', '', el('strong', '', error.problem?.title ?? 'This did not work')),
    el('p', '', ...prose(error.message)),
    faults.length ? el('ul', '', ...faults) : null,
    id ? el('p', 'soft', 'Request ', el('code', '', id)) : null));
}

export function notice(tone, sign, ...content) {
  return el('div', `notice ${tone}`, icon(sign), el('div', '', ...content));
}

export function empty(title, text, ...actions) {
  return el('div', 'empty', el('h2', '', title), el('p', '', text), actions.length ? el('div', 'actions', ...actions) : null);
}

/** A sentence that goes away by itself, and that screen readers read out. */
export function toast(text, tone = 'good') {
  const sign = { good: 'check', bad: 'cross', warning: 'warning' }[tone] ?? 'check';
  const made = el('div', `toast ${tone}`, icon(sign), el('span', '', text));
  document.getElementById('toasts').append(made);
  setTimeout(() => made.remove(), Math.max(5000, text.length * 90));
}

/** What has been named so far: labels and headings need names. */
let ids = 0;

/** A dialog; `close` ends it. Focus goes back to where it was. Its `asks` says whether something would be lost. */
export function dialog(title, content, actions = []) {
  const heading = el('h2', '', title);
  heading.id = `dialog-${ids += 1}`;
  const made = el('dialog', 'dialog');
  const leave = () => (made.asks?.() ? sure('Discard it?', 'What you typed here would be lost.', 'Discard', () => made.close()) : made.close());
  const close = button('Close', leave, { sign: 'cross', kind: 'quiet icon-only' });
  made.setAttribute('aria-labelledby', heading.id);
  made.append(el('header', '', heading, close), el('div', 'dialog-body', content),
    ...(actions.length ? [el('footer', 'actions', ...actions)] : []));
  made.addEventListener('close', () => made.remove());
  made.addEventListener('click', (event) => { if (event.target === made) leave(); });
  made.addEventListener('cancel', (event) => {
    event.preventDefault();
    leave();
  });
  document.body.append(made);
  made.showModal();
  return made;
}

/** Asks before something that cannot be taken back. */
export function sure(title, text, label, act) {
  const made = dialog(title, el('p', '', text), [
    button('Cancel', () => made.close()),
    button(label, async () => {
      await act();
      made.close();
    }, { kind: 'danger' }),
  ]);
}

/** A control with its label, a hint and a place for what is wrong with it. */
export function field(label, control, { hint, wide } = {}) {
  const id = `field-${ids += 1}`;
  const box = el('div', wide ? 'field wide' : 'field');
  const named = el('label', '', label);
  const told = el('p', 'hint', ...prose(hint ?? ''));
  const fault = el('p', 'fault');
  control.id = id;
  named.htmlFor = id;
  told.id = `${id}-hint`;
  fault.id = `${id}-fault`;
  control.setAttribute('aria-describedby', `${told.id} ${fault.id}`);
  box.append(named, control, told, fault);
  told.hidden = !hint;
  fault.hidden = true;
  box.control = control;
  box.fault = (text) => {
    fault.replaceChildren(...(text ? [icon('warning'), el('span', '', ...prose(sentence(text)))] : []));
    fault.hidden = !text;
    control.setAttribute('aria-invalid', String(Boolean(text)));
  };
  return box;
}

export function input({ type = 'text', value = '', placeholder = '', ...rest } = {}) {
  const made = el('input', '');
  Object.assign(made, { type, value, placeholder, autocomplete: 'off', spellcheck: false, ...rest });
  return made;
}

export function textarea({ value = '', rows = 3, placeholder = '', code = false } = {}) {
  const made = el('textarea', code ? 'code' : '');
  Object.assign(made, { value, rows, placeholder, spellcheck: false });
  return made;
}

/** `choices` are pairs of value and label. */
export function select(choices, chosen) {
  const made = el('select', '', ...choices.map(([value, label]) => {
    const option = el('option', '', label);
    option.value = value;
    option.selected = value === chosen;
    return option;
  }));
  return made;
}

export function checkbox(label, checked, act) {
  const box = el('input', '');
  box.type = 'checkbox';
  box.checked = Boolean(checked);
  if (act) box.addEventListener('change', () => act(box.checked));
  const made = el('label', 'check', box, el('span', '', label));
  made.box = box;
  return made;
}

/** How full something is. */
export function meter(label, used, limit) {
  const bar = el('meter', '');
  Object.assign(bar, { max: limit, value: used, high: limit * 0.9 });
  bar.setAttribute('aria-label', label);
  return bar;
}

export function copyButton(text, label = 'Copy') {
  const made = button(label, async () => {
    try {
      await navigator.clipboard.writeText(typeof text === 'function' ? text() : text);
      toast('Copied');
    } catch {
      toast('The browser does not allow it here: select it by hand.', 'warning');
    }
  }, { sign: 'copy', kind: 'small' });
  return made;
}

/** A command or a document, with a button that copies it. */
export function code(text) {
  const shown = el('pre', '', text);
  shown.tabIndex = 0;
  return el('div', 'code-box', shown, copyButton(text));
}

export function details(summary, ...content) {
  return el('details', 'more', el('summary', '', summary), el('div', 'more-body', ...content));
}

/** The head of a view. */
export function head(title, { lead, back, actions = [] } = {}) {
  const heading = el('h1', '', title);
  return el('header', 'head',
    el('div', 'head-main', back ?? null, heading, lead ? el('p', 'lead', lead) : null),
    actions.length ? el('div', 'actions', ...actions) : null);
}

export function backTo(label, address) {
  const link = el('a', 'back', icon('left'), label);
  link.href = address;
  return link;
}

export const plural = (count, one, many = `${one}s`) => `${count.toLocaleString()} ${count === 1 ? one : many}`;

/** Waits until nothing has been typed for a moment. */
export function debounce(act, wait = 350) {
  let timer;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => act(...given), wait);
  };
}
