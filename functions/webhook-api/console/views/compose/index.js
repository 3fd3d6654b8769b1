// Compose an event, and see while typing what each webhook would make of it.

import { get, post, Refusal, call } from '../../core/api.js';
import { el } from '../../core/dom.js';
import { go } from '../../core/router.js';
import { may } from '../../core/session.js';
import { button, checkbox, code, debounce, dialog, head, notice, select, textarea, toast } from '../../core/ui.js';
import { eventTypes } from '../webhooks/choices.js';
import { asCommand, asCurl } from './copy.js';
import { fields } from './fields.js';
import { preview } from './preview.js';

/** What the server gives an event; nobody publishes it. */
const GIVEN = ['id', 'organization', 'received_at', 'occurred_at'];

const without = (event) => Object.fromEntries(Object.entries(event).filter(([name, value]) => !GIVEN.includes(name) && value !== null && value !== false));

export async function show(_, query) {
  const types = await eventTypes();
  const publishable = types.filter((type) => type.publishable);
  const again = query.get('event') ? await get(`events/${encodeURIComponent(query.get('event'))}/`) : null;
  const sample = (name) => without(publishable.find(({ type }) => type === name).sample);
  let { matched, deliveries, unmatched, ...event } = again ?? sample('deploy');
  event = without(event);
  let asText = false;

  const type = select(publishable.map((one) => [one.type, one.type]), event.type);
  type.setAttribute('aria-label', 'Event type');
  const about = el('p', 'soft small');
  const body = el('div', '');
  const faults = el('div', '');
  faults.setAttribute('role', 'status');
  const seen = preview(() => look());
  let form;
  let text;

  /** The event, or a sentence that says why there is none. */
  function read() {
    if (!asText) return { ...form.value(), type: type.value };
    try {
      const given = JSON.parse(text.value);
      if (given && typeof given === 'object' && !Array.isArray(given)) return given;
      return 'This must be one event: an object in braces.';
    } catch (error) {
      return `This is no JSON: ${error.message}`;
    }
  }

  function tell(given) {
    faults.replaceChildren(...(given.length ? [notice('bad', 'warning', ...given.map(({ pointer, detail }) => el('p', '', pointer ? el('code', '', pointer) : null, ' ', detail)))] : []));
    if (!asText) form.tell(given);
  }

  let turn = 0;
  async function look() {
    const given = read();
    const mine = ++turn;
    if (typeof given === 'string') return tell([{ pointer: '', detail: given }]);
    if (!may('read')) return seen.none();
    try {
      const { results } = await post('events/match/', given);
      if (mine !== turn) return undefined;
      tell([]);
      await seen.show(results, given, () => mine === turn);
    } catch (error) {
      if (!(error instanceof Refusal) || mine !== turn) return undefined;
      tell(error.faults.length ? error.faults : [{ pointer: '', detail: error.message }]);
    }
    return undefined;
  }
  const later = debounce(look, 250);

  function draw() {
    about.textContent = publishable.find((one) => one.type === type.value)?.description ?? '';
    if (asText) {
      text = textarea({ value: JSON.stringify({ type: type.value, ...event }, null, 2), rows: 22, code: true });
      text.setAttribute('aria-label', 'The event as JSON');
      body.replaceChildren(text, el('p', 'hint', 'An event of Carillon, or a CloudEvent.'));
    } else {
      form = fields(event);
      body.replaceChildren(form.node);
    }
    later();
  }

  type.addEventListener('change', () => {
    event = sample(type.value);
    draw();
  });

  const modes = [['Fields', false], ['JSON', true]].map(([label, wanted]) => {
    const made = el('button', 'button small', label);
    made.type = 'button';
    made.addEventListener('click', () => {
      const given = read();
      if (typeof given === 'string') return tell([{ pointer: '', detail: given }]);
      if (given.specversion) return tell([{ pointer: '', detail: 'A CloudEvent has other fields: it stays as it is.' }]);
      event = given;
      if (publishable.some((one) => one.type === given.type)) type.value = given.type;
      asText = wanted;
      press();
      return draw();
    });
    return made;
  });
  const press = () => modes.forEach((mode, index) => mode.setAttribute('aria-pressed', String(asText === Boolean(index))));
  press();

  const dry = checkbox('Dry run: told as “nothing was changed”', false);
  const publish = button('Publish', async () => {
    const given = read();
    if (typeof given === 'string') return tell([{ pointer: '', detail: given }]);
    const isCloud = Boolean(given.specversion);
    const sent = dry.box.checked && !isCloud ? { ...given, dry_run: true } : given;
    try {
      const { id, duplicate } = isCloud
        ? await call('POST', 'events/', { body: JSON.stringify(given), type: 'application/cloudevents+json' })
        : await post('events/', sent);
      toast(duplicate ? 'An event with this id was published before: nothing changed.' : 'Published.', duplicate ? 'warning' : 'good');
      if (may('read')) go('events', id);
    } catch (error) {
      if (!(error instanceof Refusal) || !error.faults.length) throw error;
      tell(error.faults);
    }
    return undefined;
  }, { kind: 'primary' });

  const copy = button('Copy as …', () => {
    const given = read();
    if (typeof given === 'string') return tell([{ pointer: '', detail: given }]);
    dialog('The same from a terminal', el('div', 'stack',
      el('p', 'soft', 'The key is taken from the variable CARILLON_KEY.'),
      el('h3', '', 'curl'), code(asCurl(given)),
      given.specversion ? null : el('h3', '', 'carillon'), given.specversion ? null : code(asCommand(given))));
    return undefined;
  }, { sign: 'copy' });

  const editor = el('section', 'panel stack',
    el('div', 'compose-head', type, el('div', 'actions', ...modes)), about, body, faults, dry,
    el('div', 'actions', publish, copy));
  editor.addEventListener('input', ({ target }) => { if (target !== type) later(); });
  return {
    title: 'Compose',
    node: el('div', 'page wide',
      head('Compose an event', { lead: 'What each webhook would make of it shows beside it, as you type. Nothing is sent before you publish.' }),
      el('div', 'compose', editor, seen.node)),
    begin: draw,
  };
}

