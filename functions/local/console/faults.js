// What goes wrong, if somebody wants it to: how each destination stands, what the next posts get, how
// the platforms behave.

import { el, foreign } from '../core/dom.js';
import { channelName } from '../core/message.js';
import { button, checkbox, dialog, field, input, platform, plural, select } from '../core/ui.js';

const BASE = new URL('_local/chat-plan/', document.baseURI);

async function ask(method, path, body) {
  const address = path ? new URL(path, BASE) : new URL(BASE.href.replace(/\/$/, ''));
  const answer = await fetch(address, {
    method, cache: 'no-store',
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  }).catch(() => { throw Object.assign(new Error('Carillon does not answer.'), { status: 0 }); });
  const text = await answer.text();
  const said = text ? JSON.parse(text) : null;
  if (!answer.ok) throw new Error(said?.detail ?? `The answer was ${answer.status}.`);
  return said;
}

/** Removes a message, as people do in a channel. */
export const remove = (number) => ask('DELETE', `messages/${number}`);

/** Has the receiver of a signed webhook verify with this secret. */
export function trust(address, secret) {
  const { host, pathname } = new URL(address);
  return ask('POST', 'secrets', { receiver: host + pathname, secret });
}

export const destinations = async () => (await ask('GET', 'destinations')).results;

/** How a destination stands, to be chosen. `changed` is told afterwards. */
export function standing(destination, changed) {
  const made = select(destination.standings, destination.standing);
  made.setAttribute('aria-label', `How ${destination.channel} stands, for the ${destination.kind_name}`);
  made.title = `How it stands, for the ${destination.kind_name}`;
  made.addEventListener('change', async () => {
    await ask('POST', 'destinations', { channel: destination.channel_id, platform: destination.platform, standing: made.value });
    changed();
  });
  return made;
}

function tally({ calls, taken, rate_limited: limited, after_death: late }) {
  return [plural(calls, 'call'), `${taken} taken`, limited ? `${limited} too soon` : null, late ? `${late} after its end` : null].filter(Boolean).join(' · ');
}

function row(destination, changed) {
  return el('li', 'destination', platform(destination.platform),
    foreign('span', 'strong', channelName(destination.platform, destination.channel)),
    el('span', 'soft small', `${destination.kind_name} · ${tally(destination.tally)}`),
    standing(destination, changed));
}

function planned({ failure, count, channel }, failures) {
  const known = failures.find((one) => JSON.stringify(one.failure) === JSON.stringify(failure));
  const many = count === null ? 'all posts' : plural(count, 'post');
  return el('li', 'soft', `${many}${channel ? ` to #${channel}` : ''}: ${known ? known.words : JSON.stringify(failure)}`);
}

/** Everything that can be made to go wrong, in a dialog. */
export async function show() {
  const places = el('ul', 'destinations');
  const plans = el('ul', '');
  const behaviour = el('div', 'stack');
  const { results: failures } = await ask('GET', 'failures');

  async function draw() {
    const [found, { results }, now] = await Promise.all([destinations(), ask('GET', ''), ask('GET', 'behaviour')]);
    places.replaceChildren(...(found.length ? found.map((one) => row(one, draw)) : [el('li', 'soft', 'None yet: they appear when something is posted.')]));
    plans.replaceChildren(...results.map((one) => planned(one, failures)));
    const set = (change) => ask('PUT', 'behaviour', { ...now, ...change }).then(draw);
    const latency = field('Answer after, in milliseconds', input({ type: 'number', value: now.latency_ms, min: 0, max: 60_000, step: 50 }));
    latency.control.addEventListener('change', () => set({ latency_ms: Math.max(0, Math.floor(Number(latency.control.value) || 0)) }));
    behaviour.replaceChildren(
      checkbox('They keep their rate limits', now.rate_limits, (on) => set({ rate_limits: on })),
      checkbox('Slack knows a repeated client_msg_id', now.deduplicates, (on) => set({ deduplicates: on })),
      latency);
  }

  const count = field('How many', input({ type: 'number', value: 1, min: 1, max: 10_000 }));
  const failure = field('Get', select(failures.map(({ words }, index) => [String(index), words])));
  const order = button('Order', async () => {
    await ask('POST', '', { failure: failures[failure.control.value].failure, count: Math.max(1, Math.floor(Number(count.control.value) || 1)) });
    await draw();
  });
  const cancel = button('Cancel all', async () => {
    await ask('DELETE', '');
    await draw();
  }, { kind: 'quiet' });
  await draw();
  dialog('What goes wrong', el('div', 'stack',
    el('p', 'soft', 'The built-in platforms can fail in the ways of the real ones, so that you see what Carillon does then.'),
    el('h3', '', 'Destinations'), places,
    el('h3', '', 'The next posts'), el('div', 'fields', count, failure), el('div', 'actions', order, cancel), plans,
    el('h3', '', 'All platforms'), behaviour));
}
