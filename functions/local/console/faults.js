// What goes wrong: how each destination stands, what the next posts get, how the platforms behave.

import { el, foreign } from './dom.js';

const BASE = '/_local/chat-plan';
const byId = (id) => document.getElementById(id);

/** Standings, what they are called, and which destinations can have them. */
const STANDINGS = [
  ['open', 'all is well'],
  ['revoked', 'credential revoked'],
  ['wrong_secret', 'wrong credential'],
  ['uninstalled', 'app removed'],
  ['archived', 'channel archived', 'slack'],
  ['private', 'channel private'],
  ['not_a_member', 'bot not invited', 'slack_bot'],
  ['gone', 'channel gone'],
  ['restricted', 'posting forbidden'],
  ['forum', 'is a forum', 'discord'],
  ['tagged_forum', 'is a forum with tags', 'discord'],
  ['down', 'outage (503)'],
  ['silent', 'never answers'],
  ['limited', 'rate limited (429)'],
  ['banned', 'address banned', 'discord'],
  ['loses_answers', 'takes it, loses the answer'],
];

/** Failures of single posts. */
const FAILURES = [
  ['status 503', { status: 503 }],
  ['status 500', { status: 500 }],
  ['429, wait 5 s', { rate_limited: 5 }],
  ['429, wait 10 min', { rate_limited: 600 }],
  ['connection breaks off', 'reset'],
  ['taken, then the connection breaks off', { after_taking: 'reset' }],
  ['taken, then status 500', { after_taking: { status: 500 } }],
  ['no answer', 'hang'],
  ['Slack: internal_error', { slack_error: 'internal_error' }],
  ['Slack: taken, then internal_error', { after_taking: { slack_error: 'internal_error' } }],
  ['Teams: the workflow is turned off', { teams_error: 'WorkflowTriggerIsNotEnabled' }],
  ['Teams, Discord: taken and lost', 'lost'],
  ['Discord: banned', { banned: 'text' }],
  ['Discord: limited everywhere, 2 s', { rate_limited_everywhere: 2 }],
  ['Discord: limited by others, 2 s', { rate_limited_by_others: 2 }],
];

const PLATFORMS = { slack: 'Slack', discord: 'Discord', teams: 'Teams', webhook: 'Webhook' };
const KINDS = { slack_bot: 'bot token', slack_webhook: 'incoming webhook', discord_webhook: 'webhook', teams_workflow: 'workflow', signed_webhook: 'signed webhook' };

async function ask(path, method, body) {
  const answer = await fetch(`${BASE}${path}`, {
    method,
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  return text ? JSON.parse(text) : null;
}

/** Removes a message, as people do in a channel. */
export function remove(number) {
  return ask(`/messages/${number}`, 'DELETE');
}

function standings(destination) {
  const select = el('select', '');
  select.setAttribute('aria-label', `How ${destination.channel} stands`);
  for (const [value, label, only] of STANDINGS) {
    const fits = !only || only === destination.platform || only === destination.kind;
    if (!fits && value !== destination.standing) continue;
    const option = el('option', '', label);
    option.value = value;
    option.selected = value === destination.standing;
    select.append(option);
  }
  select.addEventListener('change', async () => {
    await ask('/destinations', 'POST', {
      channel: destination.channel_id, platform: destination.platform, standing: select.value,
    });
    refresh();
  });
  return select;
}

function tally({ calls, taken, rate_limited: limited, after_death: late }) {
  const parts = [`${calls} ${calls === 1 ? 'call' : 'calls'}`, `${taken} taken`];
  if (limited) parts.push(`${limited} too soon`);
  if (late) parts.push(`${late} after its end`);
  return parts.join(' · ');
}

function row(destination) {
  return el('li', destination.standing === 'open' ? 'destination' : 'destination off',
    el('span', `badge ${destination.platform}`, PLATFORMS[destination.platform]),
    foreign('span', 'destination-name', `${destination.platform === 'webhook' ? '' : '#'}${destination.channel}`),
    el('span', 'soft', KINDS[destination.kind]),
    el('span', 'soft tally', tally(destination.tally)),
    standings(destination));
}

function planned({ failure, count, channel }) {
  const known = FAILURES.find(([, value]) => JSON.stringify(value) === JSON.stringify(failure));
  const what = known ? known[0] : JSON.stringify(failure);
  const many = count === null ? 'all posts' : `${count} ${count === 1 ? 'post' : 'posts'}`;
  return el('li', 'plan', `${many}${channel ? ` to #${channel}` : ''}: ${what}`);
}

let shown = '';

/** Shows how things are. Leaves the page alone where nothing has changed. */
export async function refresh() {
  if (!byId('faults').open) return;
  const [destinations, plans, behaviour] = await Promise.all(
    ['/destinations', '', '/behaviour'].map((path) => ask(path, 'GET')),
  );
  const now = JSON.stringify([destinations, plans, behaviour]);
  if (now === shown) return;
  shown = now;
  const focused = document.activeElement;
  if (focused?.tagName !== 'SELECT' || !byId('destinations').contains(focused)) {
    byId('destinations').replaceChildren(...destinations.results.map(row));
  }
  byId('no-destinations').hidden = destinations.results.length > 0;
  byId('plans').replaceChildren(...plans.results.map(planned));
  byId('cancel-plans').hidden = plans.results.length === 0;
  byId('rate-limits').checked = behaviour.rate_limits;
  byId('deduplicates').checked = behaviour.deduplicates;
  if (document.activeElement !== byId('latency')) byId('latency').value = behaviour.latency_ms;
}

async function behave() {
  await ask('/behaviour', 'PUT', {
    rate_limits: byId('rate-limits').checked,
    deduplicates: byId('deduplicates').checked,
    latency_ms: Math.max(0, Math.floor(Number(byId('latency').value) || 0)),
  });
  refresh();
}

export function begin() {
  byId('plan-failure').append(...FAILURES.map(([label], index) => {
    const option = el('option', '', label);
    option.value = index;
    return option;
  }));
  byId('plan-add').addEventListener('click', async () => {
    const count = Math.max(1, Math.floor(Number(byId('plan-count').value) || 1));
    const [, failure] = FAILURES[byId('plan-failure').value];
    await ask('', 'POST', { failure, count });
    refresh();
  });
  byId('cancel-plans').addEventListener('click', async () => {
    await ask('', 'DELETE');
    refresh();
  });
  for (const id of ['rate-limits', 'deduplicates', 'latency']) byId(id).addEventListener('change', behave);
  byId('faults').addEventListener('toggle', () => {
    shown = '';
    refresh();
  });
  // A browser that goes back to the page may open it by itself.
  refresh().catch(() => {});
  // Posts that are refused change nothing in the feed, but here.
  setInterval(() => {
    if (!document.hidden) refresh().catch(() => {});
  }, 1500);
}
