// One event: what it says, who was told and how, and who was not and why.

import { get } from '../../core/api.js';
import { el, foreign, format, moment, prose, refill } from '../../core/dom.js';
import { keepUp } from '../../core/live.js';
import { to } from '../../core/router.js';
import { may } from '../../core/session.js';
import { backTo, code, details, head, linkButton, notice, platform, status } from '../../core/ui.js';
import { timeline } from '../deliveries/timeline.js';
import { destination } from '../webhooks/kinds.js';
import { title } from './list.js';

const EDGE = ['deliveries', 'matched', 'unmatched'];

export async function detail(id) {
  const path = `events/${encodeURIComponent(id)}/`;
  let event = await get(path);
  const webhooks = new Map();
  const body = el('div', 'stack');

  async function name(webhook) {
    if (!webhooks.has(webhook)) webhooks.set(webhook, await get(`webhooks/${encodeURIComponent(webhook)}/`).catch(() => null));
    return webhooks.get(webhook);
  }

  async function draw() {
    await Promise.all(event.deliveries.map(({ webhook_id: webhook }) => name(webhook)));
    refill(body, ...[told(event, webhooks, refresh), untold(event), facts(event)].filter(Boolean));
  }

  async function refresh() {
    const now = await get(path);
    if (JSON.stringify(now) === JSON.stringify(event)) return;
    event = now;
    await draw();
  }

  await draw();
  let rest = () => {};
  return {
    title: title(event),
    node: el('div', 'page',
      head(title(event), {
        back: backTo('Events', to('events')),
        actions: may('publish') ? [linkButton('Compose one like it', to('compose', { event: event.id }), { sign: 'pen' })] : [],
      }),
      body),
    begin: () => { rest = keepUp(refresh); },
    end: () => rest(),
  };
}

function told({ deliveries, matched, unmatched, received_at: at }, webhooks, changed) {
  if (!deliveries.length) {
    const isYoung = Date.now() - new Date(at) < 10_000;
    if (matched && isYoung) return notice('', 'wait', el('p', '', 'It was stored a moment ago and is on its way.'));
    if (matched === null) return notice('', 'wait', el('p', '', 'It was stored a moment ago: Carillon is finding out who gets it.'));
    return notice('', 'skip', el('p', '', el('span', 'strong', 'Nobody was told. '), unmatched.length ? 'Why not stands below, for each webhook.' : 'There was no webhook.'));
  }
  return el('section', 'stack', ...deliveries.map((delivery) => {
    const webhook = webhooks.get(delivery.webhook_id);
    const name = foreign('a', 'strong', webhook?.name ?? 'a webhook that was removed');
    if (webhook) name.href = to('webhooks', webhook.id);
    return el('article', 'panel',
      el('header', 'row-line', el('h2', '', name), webhook ? platform(webhook.type) : null,
        foreign('span', 'soft', delivery.channel ? `#${delivery.channel}` : webhook ? destination(webhook) : ''), el('span', 'row-side', status(delivery.status))),
      timeline(delivery, { event: false, changed }));
  }));
}

function untold({ unmatched }) {
  if (!unmatched.length) return null;
  return el('section', 'panel', el('h2', '', 'Webhooks that do not get it'),
    el('ul', 'stack', ...unmatched.map(({ webhook_id: id, name, why_not: why }) => {
      const link = foreign('a', 'strong', name);
      link.href = to('webhooks', id);
      return el('li', '', link, ': ', el('span', 'soft', ...prose(why)));
    })));
}

function facts(event) {
  const own = Object.entries(event).filter(([name, value]) => !EDGE.includes(name) && value !== null && value !== false);
  const time = (text) => moment(new Date(text), format(new Date(text), { dateStyle: 'medium', timeStyle: 'medium' }));
  const shown = ([name, value]) => {
    if (name.endsWith('_at')) return time(value);
    if (typeof value === 'object') return foreign('code', '', Array.isArray(value) ? value.join(', ') : Object.entries(value).map((pair) => pair.join(': ')).join('\n'));
    return foreign('span', 'text', String(value));
  };
  return el('section', 'panel', el('h2', '', 'The event'),
    el('dl', 'facts', ...own.flatMap((pair) => [el('dt', '', pair[0].replaceAll('_', ' ')), el('dd', '', shown(pair))])),
    details('As JSON', code(JSON.stringify(Object.fromEntries(own), null, 2))));
}

