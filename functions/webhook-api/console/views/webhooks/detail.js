// One webhook: how it is, what to do, what it delivered, how it is set up.

import { get } from '../../core/api.js';
import { el, foreign, format, moment, refill, when } from '../../core/dom.js';
import { keepUp } from '../../core/live.js';
import { to } from '../../core/router.js';
import { may } from '../../core/session.js';
import { backTo, copyButton, linkButton, notice, platform, status, details } from '../../core/ui.js';
import { deliveries } from '../deliveries/list.js';
import { condition, destination, kindOf, subscription } from './kinds.js';
import { disableButton, enableButton, recoverButton, removeButton, rotateButton, testButton } from './repair.js';

export function detail(given, query) {
  let webhook = given;
  const tab = query.get('tab') === 'settings' ? 'settings' : 'deliveries';
  const top = el('div', '');
  const body = el('div', '');
  const ledger = tab === 'deliveries' ? deliveries(webhook) : null;

  async function changed() {
    webhook = await get(`webhooks/${encodeURIComponent(webhook.id)}/`);
    draw();
    await ledger?.refresh();
  }

  function draw() {
    const now = JSON.stringify(webhook);
    if (draw.shown === now) return;
    draw.shown = now;
    refill(top, ...[heading(webhook, changed), trouble(webhook, changed), tabs(webhook, tab)].filter(Boolean));
    if (tab === 'settings') refill(body, settings(webhook, changed));
  }

  draw();
  if (ledger) body.replaceChildren(ledger.node);
  let rest = () => {};
  return {
    title: webhook.name,
    node: el('div', 'page', top, body),
    begin() {
      ledger?.begin();
      rest = keepUp(changed);
    },
    end() {
      ledger?.end();
      rest();
    },
  };
}

function heading(webhook, changed) {
  const name = foreign('h1', '', webhook.name);
  const actions = may('write') ? [
    testButton(webhook, changed),
    linkButton('Edit', to('webhooks', webhook.id, 'edit'), { sign: 'pen' }),
    webhook.status === 'active' ? recoverButton(webhook, changed) : null,
    webhook.status === 'active' ? disableButton(webhook, changed) : null,
    webhook.status === 'disabled' ? enableButton(webhook, changed) : null,
  ].filter(Boolean) : [];
  return el('header', 'head',
    el('div', 'head-main', backTo('Webhooks', to('webhooks')), name,
      el('div', 'row-line lead', status(condition(webhook)), platform(webhook.type), foreign('span', '', destination(webhook)))),
    el('div', 'actions', ...actions));
}

/** What is wrong, in plain words, and the buttons that end it. */
function trouble(webhook, changed) {
  if (webhook.status === 'suspended') {
    return notice('bad', 'warning',
      el('p', 'strong', 'Suspended: nothing is sent until this is fixed'),
      el('p', '', webhook.status_reason),
      el('p', '', 'What comes meanwhile is skipped and can be recovered.'),
      may('write') ? el('div', 'actions', rotateButton(webhook, changed), enableButton(webhook, changed, 'It is fixed: switch on')) : null);
  }
  if (condition(webhook) === 'failing') {
    const since = new Date(webhook.failing_since);
    const next = webhook.next_attempt_at ? new Date(webhook.next_attempt_at) : null;
    return notice('warn', 'warning',
      el('p', 'strong', 'Messages have not got through since ', when(since)),
      el('p', '', 'They are kept and tried again, in order. ',
        next ? 'The next attempt is ' : null, next ? when(next) : null, next ? '. ' : null,
        'A successful test has them sent at once.'));
  }
  if (webhook.status === 'disabled') {
    return notice('', 'pause', el('p', '', 'Switched off by its owner. Events that come now are skipped, and can be recovered.'));
  }
  return null;
}

function tabs(webhook, tab) {
  const link = (name, label) => {
    const made = el('a', '', label);
    made.href = name === 'deliveries' ? to('webhooks', webhook.id) : to('webhooks', webhook.id, { tab: name });
    if (name === tab) made.setAttribute('aria-current', 'page');
    return made;
  };
  const nav = el('nav', 'tabs', link('deliveries', 'Deliveries'), link('settings', 'Settings'));
  nav.setAttribute('aria-label', 'Webhook');
  return nav;
}

/** Its own words, and where they are edited. */
function wordsOf(webhook) {
  return el('div', 'stack tight',
    webhook.message ? el('pre', 'small', JSON.stringify(webhook.message, null, 2)) : el('span', '', 'as usual'),
    may('write') ? el('div', 'actions', linkButton(webhook.message ? 'Edit them' : 'Words of its own', to('webhooks', webhook.id, 'edit', { words: '1' }), { sign: 'pen', kind: 'small' })) : null);
}

function settings(webhook, changed) {
  const time = (text) => moment(new Date(text), format(new Date(text), { dateStyle: 'medium', timeStyle: 'short' }));
  const value = (given) => (typeof given === 'string' ? foreign('code', '', given)
    : Array.isArray(given) ? foreign('span', '', given.join(', ')) : el('code', '', JSON.stringify(given)));
  const rows = [
    ['Kind', kindOf(webhook).label],
    ['Gets', foreign('span', '', subscription(webhook))],
    ...Object.entries(webhook.configuration).map(([name, given]) => [name.replaceAll('_', ' '), value(given)]),
    ...(kindOf(webhook).mentions ? [['Words', wordsOf(webhook)]] : []),
    ['Created', time(webhook.created_at)],
    ['Changed', time(webhook.modified_at)],
    ['Id', el('span', 'row-line', el('code', '', webhook.id), copyButton(webhook.id))],
  ];
  return el('div', 'stack',
    el('section', 'panel', el('h2', '', 'Settings'),
      el('dl', 'facts', ...rows.flatMap(([name, shown]) => [el('dt', '', name), el('dd', '', shown)]))),
    may('write') ? el('section', 'panel', el('h2', '', 'Credential'),
      el('p', 'soft', 'Nobody can read it any more, here or anywhere else. It can be replaced; the old one stays the fallback until the new one has delivered.'),
      el('div', 'actions spaced', rotateButton(webhook, changed), removeButton(webhook))) : null,
    details('As JSON', el('pre', 'panel', JSON.stringify(webhook, null, 2))));
}

