// Compose an event, and see while typing what each webhook would make of it.

import { get, post, Refusal, call } from '../../core/api.js';
import { el } from '../../core/dom.js';
import { faultLine } from '../../core/lines.js';
import { go } from '../../core/router.js';
import { may } from '../../core/session.js';
import { button, checkbox, code, debounce, dialog, head, notice, select, textarea, toast } from '../../core/ui.js';
import { eventTypes } from '../webhooks/choices.js';
import { published } from '../words/shown.js';
import { asCommand, asCurl } from './copy.js';
import { fields } from './fields.js';
import { preview } from './preview.js';
import { Fault } from './text/fault.js';
import { read as readText } from './text/read.js';

export async function show(_, query) {
  const types = await eventTypes();
  const publishable = types.filter((type) => type.publishable);
  const again = query.get('event') ? await get(`events/${encodeURIComponent(query.get('event'))}/`) : null;
  const sample = (name) => published(publishable.find(({ type }) => type === name).sample);
  let { matched, deliveries, unmatched, ...event } = again ?? sample('deploy');
  event = published(event);
  let asText = false;
  let lineOf = () => 0;

  const type = select(publishable.map((one) => [one.type, one.type]), event.type);
  type.setAttribute('aria-label', 'Event type');
  const about = el('p', 'soft small');
  const body = el('div', '');
  const faults = el('div', '');
  faults.setAttribute('role', 'status');
  const taken = el('p', 'hint');
  const dry = checkbox('Dry run: told as “nothing was changed”', false);
  const seen = preview(() => look());
  let form;
  let text;
  let touched = false;

  /** The event; a `Fault` where what is typed is none. */
  function read() {
    if (!asText) {
      const { dry_run: was, ...typed } = { ...form.value(), type: type.value };
      // What is neither true nor false is for the API to refuse.
      if (was !== undefined && typeof was !== 'boolean') return { ...typed, dry_run: was };
      return dry.box.checked ? { ...typed, dry_run: true } : typed;
    }
    lineOf = () => 0;
    taken.textContent = '';
    const { event: given, taken: what, lineOf: lines } = readText(text.value);
    lineOf = lines;
    taken.textContent = `Taken for ${what}.`;
    if (publishable.some((one) => one.type === given.type)) type.value = given.type;
    return given;
  }

  function tell(given) {
    const located = given.map((fault) => ({ ...fault, line: asText ? fault.line ?? lineOf(fault.pointer) : 0 }));
    faults.replaceChildren(...(located.length ? [notice('bad', 'warning', el('ul', 'stack tight', ...located.map((fault) => faultLine(text, fault))))] : []));
    if (!asText) form.tell(given);
  }

  /** Does something with the event, and tells what is wrong with it. */
  async function having(act) {
    try {
      await act(read());
    } catch (error) {
      if (error instanceof Fault) tell([{ line: error.line, detail: error.message }]);
      else if (error instanceof Refusal && error.faults.length) tell(error.faults);
      else throw error;
    }
  }

  let turn = 0;
  function look() {
    const mine = ++turn;
    return having(async (given) => {
      if (!may('read')) return seen.none();
      try {
        const { results } = await post('events/match/', given);
        if (mine !== turn) return undefined;
        tell([]);
        await seen.show(results, given, () => mine === turn);
      } catch (error) {
        if (mine !== turn) return undefined;
        if (!(error instanceof Refusal) || error.faults.length) throw error;
        tell([{ pointer: '', detail: error.message }]);
      }
      return undefined;
    });
  }
  const later = debounce(look, 250);

  function draw() {
    // As text, it stands there.
    dry.hidden = asText;
    dry.box.checked = event.dry_run === true;
    about.textContent = publishable.find((one) => one.type === type.value)?.description ?? '';
    if (asText) {
      text = textarea({ value: JSON.stringify({ type: type.value, ...event }, null, 2), rows: 22, code: true });
      text.setAttribute('aria-label', 'The event as text');
      body.replaceChildren(text, taken);
    } else {
      form = fields(event);
      body.replaceChildren(form.node);
    }
    later();
  }

  type.addEventListener('change', () => {
    const wanted = type.value;
    if (!touched) {
      event = sample(wanted);
      draw();
      return;
    }
    having((given) => {
      type.value = wanted;
      event = given.specversion ? given : { ...given, type: wanted };
      draw();
    });
  });

  const modes = [['Fields', false], ['JSON or YAML', true]].map(([label, wanted]) => {
    const made = el('button', 'button small', label);
    made.type = 'button';
    made.addEventListener('click', () => having((given) => {
      if (given.specversion) throw new Fault(0, 'A CloudEvent has other fields: it stays as it is.');
      event = given;
      asText = wanted;
      press();
      draw();
    }));
    return made;
  });
  const press = () => modes.forEach((mode, index) => mode.setAttribute('aria-pressed', String(asText === Boolean(index))));
  press();

  const publish = button('Publish', () => having(async (given) => {
    const isCloud = Boolean(given.specversion);
    const { id, duplicate } = isCloud
      ? await call('POST', 'events/', { body: JSON.stringify(given), type: 'application/cloudevents+json' })
      : await post('events/', given);
    toast(duplicate ? 'An event with this id was published before: nothing changed.' : 'Published.', duplicate ? 'warning' : 'good');
    if (may('read')) go('events', id);
  }), { kind: 'primary' });

  const copy = button('Copy as …', () => having((given) => {
    dialog('The same from a terminal', el('div', 'stack',
      el('p', 'soft', 'The key is taken from the variable CARILLON_KEY.'),
      el('h3', '', 'curl'), code(asCurl(given)),
      given.specversion ? null : el('h3', '', 'carillon'), given.specversion ? null : code(asCommand(given))));
  }), { sign: 'copy' });

  const editor = el('section', 'panel stack',
    el('div', 'compose-head', type, el('div', 'actions', ...modes)), about, body, faults, dry,
    el('div', 'actions', publish, copy));
  editor.addEventListener('input', ({ target }) => {
    if (target === type) return;
    touched = true;
    later();
  });
  return {
    title: 'Compose',
    node: el('div', 'page wide',
      head('Compose an event', { lead: 'What each webhook would make of it shows beside it, as you type. Nothing is sent before you publish.' }),
      el('div', 'compose', editor, seen.node)),
    begin: draw,
  };
}

