// A webhook, new or changed: what it is asked, the steps to its credential beside it, and what the
// API says of it while somebody types.

import { call, Refusal } from '../../core/api.js';
import { el, prose } from '../../core/dom.js';
import { go, to } from '../../core/router.js';
import { backTo, button, checkbox, debounce, details, failure, field, head, input, linkButton, notice, toast } from '../../core/ui.js';
import { channelsOf, KINDS, kindOf } from './kinds.js';
import { events, filters } from './choices.js';
import { options } from './options.js';
import { showSecret } from './repair.js';
import { entry, pointerOf } from './trial.js';
import { patched, section } from './words.js';

export async function form(webhook, query) {
  let kind = webhook ? kindOf(webhook) : KINDS.find(({ id }) => id === query.get('kind')) ?? KINDS[0];
  const name = field('Name', input({ value: webhook?.name ?? '', placeholder: 'prod alerts' }), { hint: 'Unique in your organization.' });
  const types = await events(webhook?.event_types ?? ['*']);
  const only = filters(webhook?.filters ?? {});
  const destination = el('div', 'fields');
  const steps = el('section', 'panel steps-panel');
  const verdict = el('div', '');
  verdict.setAttribute('role', 'status');
  let fields = {};
  let extra;
  const typed = {};
  const own = section(webhook, { kind: () => kind, given: body, isOpen: query.has('words') });

  function drawKind() {
    for (const [part, { control }] of Object.entries(fields)) typed[control.dataset.kind + part] = control.value;
    const now = webhook?.configuration ?? {};
    const secret = (wanted) => field(wanted.label, input({
      placeholder: now[wanted.name] ?? wanted.placeholder, className: 'code',
    }), { wide: true, hint: now[wanted.name] ? `Leave it empty to keep ${now[wanted.name]}` : wanted.hint });
    fields = Object.fromEntries(kind.asks.map((part) => [part.name, secret(part)]));
    if (kind.channels) {
      const several = kind.channels > 1;
      fields.channels = field(several ? 'Channels' : 'Channel', input({
        value: webhook ? channelsOf(webhook).join(', ') : '', placeholder: several ? 'infra-alerts, deploys' : 'infra-alerts',
      }), { wide: true, hint: several ? 'Names or ids, separated by commas: each gets every message.' : 'What you call it here: the URL decides where it posts.' });
    }
    for (const [part, { control }] of Object.entries(fields)) {
      control.dataset.kind = kind.id;
      control.value = typed[kind.id + part] ?? control.value;
    }
    extra = options(kind, now);
    destination.replaceChildren(...Object.values(fields), extra.node);
    steps.replaceChildren(el('h2', '', `Connect ${kind.label}`),
      el('ol', 'numbered', ...kind.steps.map((step) => el('li', '', step))));
    own.drawKind();
    verdict.replaceChildren();
  }

  /** What the form says, as the API takes it. */
  function body() {
    const configuration = { ...extra.values() };
    for (const [key, { control }] of Object.entries(fields)) {
      const text = control.value.trim();
      if (key === 'channels') {
        const channels = text.split(',').map((part) => part.trim()).filter(Boolean);
        if (channels.length || webhook) configuration.channels = channels;
      } else if (text) {
        configuration[key] = text;
      } else if (webhook?.configuration[key]) {
        // What is masked means 'unchanged'.
        configuration[key] = webhook.configuration[key];
      }
    }
    if (configuration.channels?.length === 0) delete configuration.channels;
    return {
      name: name.control.value.trim(), type: kind.type, event_types: types.values(), filters: only.values(), configuration,
      message: own.value(),
    };
  }

  function clear() {
    for (const box of [name, types.node, only.node, ...Object.values(fields)]) box.fault('');
    extra.clear();
    own.tell([]);
  }

  /** Puts each fault at its field; says the others. */
  function tell(faults) {
    clear();
    const rest = own.tell(faults).filter(({ pointer, detail }) => {
      const [, first, second, third] = pointer.split('/');
      const box = { name, event_types: types.node, filters: only.node }[first]
        ?? fields[second] ?? (second === 'channel' ? fields.channels : undefined);
      if (first === 'filters' && third !== undefined) box.fault(`${second}: ${detail}`);
      else if (box) box.fault(detail);
      else return !extra.fault(second, detail);
      return false;
    });
    verdict.replaceChildren(...(rest.length ? [notice('bad', 'warning', ...rest.map(({ pointer, detail }) => el('p', '', el('code', '', pointer), ' ', ...prose(detail))))] : []));
  }

  let turn = 0;
  /** Asks the API what it would say, the platform included, and stores nothing. */
  const check = debounce(async () => {
    const given = body();
    const mine = ++turn;
    if (!given.name || !given.configuration[kind.asks[0]?.name]) {
      for (const box of [name, ...Object.values(fields)]) box.fault('');
      verdict.replaceChildren();
      return;
    }
    verdict.replaceChildren(el('p', 'soft', 'Checking …'));
    // A file knows a webhook by its name: one that is renamed is asked about under its own.
    const named = { ...given, name: webhook?.name ?? given.name };
    try {
      const { results } = await call('PUT', 'notifications/', { body: entry(named), query: { dry_run: 'true' } });
      if (mine !== turn) return;
      clear();
      if (!webhook && results[0]?.id) {
        name.fault('Another webhook has this name.');
        verdict.replaceChildren();
        return;
      }
      const warnings = results[0]?.warnings ?? [];
      verdict.replaceChildren(
        notice('good', 'check', el('p', '', webhook ? 'This can be saved.' : `${kind.label} takes the credential. Nothing is stored yet.`)),
        ...warnings.map((text) => notice('warn', 'warning', el('p', '', text))));
    } catch (error) {
      if (mine === turn) tell(error.faults?.length ? error.faults.map((fault) => pointerOf(fault, named)) : [{ pointer: '', detail: error.message }]);
    }
  }, 600);

  const verify = checkbox('Ask the platform whether the credential works before saving', true);
  const save = button(webhook ? 'Save' : 'Create webhook', async () => {
    turn += 1;
    clear();
    const given = body();
    const ask = { query: { verify: verify.box.checked ? null : 'false' } };
    try {
      const answer = webhook
        ? await call('PATCH', `webhooks/${encodeURIComponent(webhook.id)}/`, { body: patch(webhook, given), version: webhook.etag, ...ask })
        : await call('POST', 'webhooks/', { body: given, ...ask });
      toast(webhook ? 'Saved.' : `${answer.name} was created. Send a test to see it ring.`);
      go('webhooks', answer.id);
      const made = kind.made && !given.configuration[kind.made.name] && answer.configuration[kind.made.name];
      if (made && !made.includes('…')) await showSecret(made, answer.configuration.url);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.faults.length) tell(error.faults);
      else if (error.problem?.existing_id) name.fault('Another webhook has this name.');
      else verdict.replaceChildren(failure(error));
      document.querySelector('[aria-invalid="true"]')?.focus();
    }
  }, { kind: 'primary' });
  save.type = 'submit';

  const choice = kinds(kind, Boolean(webhook), (chosen) => {
    kind = chosen;
    drawKind();
  });
  drawKind();
  const made = el('form', 'stack',
    el('div', 'beside',
      el('div', 'stack',
        el('section', 'panel', el('h2', '', 'Destination'), choice, destination),
        el('section', 'panel stack', name, types.node, details('Only some of them', only.node))),
      steps),
    own.node, verdict, verify,
    el('div', 'actions', save, linkButton('Cancel', webhook ? to('webhooks', webhook.id) : to('webhooks'))));
  if (Object.keys(webhook?.filters ?? {}).length) made.querySelector('details.more:has(.filters)').open = true;
  made.addEventListener('submit', (event) => event.preventDefault());
  made.addEventListener('input', check);
  const title = webhook ? `Edit ${webhook.name}` : 'New webhook';
  return {
    title,
    node: el('div', 'page',
      head(title, { back: webhook ? backTo(webhook.name, to('webhooks', webhook.id)) : backTo('Webhooks', to('webhooks')) }),
      made),
    begin: own.begin,
  };
}

/** What the form asked for as a merge patch (RFC 7396): what it did not ask for stays as it is. */
function patch(webhook, { name, event_types: types, filters, configuration, message }) {
  const gone = (before, now) => Object.fromEntries(Object.keys(before ?? {}).filter((key) => !(key in now)).map((key) => [key, null]));
  return {
    name, event_types: types,
    filters: { ...gone(webhook.filters, filters), ...filters },
    configuration: { ...gone(webhook.configuration, configuration), ...configuration },
    message: patched(webhook.message, message),
  };
}

/** Which kind of destination; what is there stays what it is. */
function kinds(chosen, isFixed, act) {
  if (isFixed) return el('p', 'soft', chosen.label);
  return el('fieldset', 'kinds', el('legend', 'visually-hidden', 'Kind of destination'), ...KINDS.map((kind) => {
    const radio = input({ type: 'radio', name: 'kind', value: kind.id });
    radio.checked = kind === chosen;
    radio.addEventListener('change', () => act(kind));
    return el('label', 'kind', radio, el('span', '', el('span', 'strong', kind.label), el('span', 'soft small', kind.about)));
  }));
}
