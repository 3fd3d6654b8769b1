// The page: fetches the messages, follows the stream, and keeps the feed in order.

import { announcement, card } from './card.js';
import { el } from './dom.js';
import * as faults from './faults.js';

/** As many as the sink itself keeps. */
const MOST = 1000;
/** From this width on, platforms stand side by side. */
const wide = matchMedia('(min-width: 1000px)');

const byId = (id) => document.getElementById(id);
const filters = [...document.querySelectorAll('.filter')];

/** Message number → { message, card }, in the order of the numbers. */
const shown = new Map();
let unseen = 0;

function put(message, isNews) {
  const known = shown.get(message.number);
  if (known && known.message.revision >= message.revision) return;
  const entry = { message, card: card(message, about(message)) };
  if (isNews) entry.card.classList.add('news');
  shown.set(message.number, entry);
  if (known) {
    known.card.replaceWith(entry.card);
  } else if (!lanesFit()) {
    arrange();
  } else {
    lane(message.platform)?.prepend(entry.card);
  }
  if (!known) redraw(parentOf(message));
  if (shown.size > MOST) {
    const [oldest, { card: gone }] = shown.entries().next().value;
    gone.remove();
    shown.delete(oldest);
  }
}

/** The first message of the thread that a message is in. */
function parentOf({ thread, id, channel_id: channel }) {
  if (!thread || thread === id) return undefined;
  for (const entry of shown.values()) {
    if (entry.message.id === thread && entry.message.channel_id === channel) return entry;
  }
  return undefined;
}

function about(message) {
  let replies = 0;
  for (const { message: other } of shown.values()) {
    if (other.thread === message.id && other.id !== message.id && other.channel_id === message.channel_id) replies += 1;
  }
  return { parent: parentOf(message)?.message.number, replies };
}

/** Draws a message again because of another one. */
function redraw(entry) {
  if (!entry) return;
  const drawn = card(entry.message, about(entry.message));
  entry.card.replaceWith(drawn);
  entry.card = drawn;
}

function forget(number) {
  const entry = shown.get(number);
  if (!entry) return;
  entry.card.remove();
  shown.delete(number);
  update();
}

function clear() {
  shown.clear();
  arrange();
  update();
}

// The feed: one lane in order of time, or one for each platform where there is room.

const LANES = { slack: 'Slack messages', discord: 'Discord messages', teams: 'Teams messages', webhook: 'Signed webhooks' };

const isOn = (platform) => filters.some((f) => f.dataset.platform === platform && f.getAttribute('aria-pressed') === 'true');

function wantedLanes() {
  const present = new Set([...shown.values()].map(({ message }) => message.platform));
  const lanes = Object.keys(LANES).filter((platform) => present.has(platform) && isOn(platform));
  return wide.matches && lanes.length > 1 ? lanes : ['all'];
}

function lanesFit() {
  const lanes = [...byId('feed').children].map((child) => child.dataset.lane);
  return lanes.join() === wantedLanes().join();
}

function lane(platform) {
  const lanes = [...byId('feed').children];
  const found = lanes.find(({ dataset }) => dataset.lane === platform || dataset.lane === 'all');
  return isOn(platform) ? found : undefined;
}

function arrange() {
  const lanes = wantedLanes().map((name) => {
    const section = el('section', 'lane');
    section.dataset.lane = name;
    section.setAttribute('aria-label', LANES[name] ?? 'Messages');
    return section;
  });
  byId('feed').replaceChildren(...lanes);
  byId('feed').classList.toggle('split', lanes.length > 1);
  for (const entry of shown.values()) lane(entry.message.platform)?.prepend(entry.card);
}

/** Everything that depends on which messages there are. */
function update() {
  for (const filter of filters) {
    const ours = [...shown.values()].filter(({ message }) => message.platform === filter.dataset.platform);
    filter.querySelector('.count').textContent = ours.length;
  }
  const quiet = shown.size === 0;
  byId('quiet').hidden = !quiet;
  if (byId('start').classList.contains('quiet-now') !== quiet) {
    byId('start').classList.toggle('quiet-now', quiet);
    byId('start').open = quiet;
  }
  byId('start').hidden = false;
  byId('nothing-shown').hidden = quiet || document.querySelector('.card') !== null;
  document.title = unseen ? `(${unseen}) Carillon` : 'Carillon';
}

for (const filter of filters) {
  filter.addEventListener('click', () => {
    filter.setAttribute('aria-pressed', String(!isOn(filter.dataset.platform)));
    arrange();
    update();
  });
}
wide.addEventListener('change', arrange);
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) unseen = 0;
  update();
});

// What to do first.

async function showInfo() {
  const info = await (await fetch('/_local/page/info')).json();
  byId('api-url').textContent = info.api_url;
  byId('organization').textContent = info.organization;
  byId('steps').replaceChildren(...info.steps.map((step) => el('li', 'step',
    el('p', '', step.title), el('div', 'command', el('pre', '', step.command), copyButton(step.command)))));
}

function copyButton(text) {
  const button = el('button', 'copy', 'Copy');
  button.type = 'button';
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = 'Copied';
    } catch {
      button.textContent = 'Select it by hand';
    }
    setTimeout(() => { button.textContent = 'Copy'; }, 2000);
  });
  return button;
}

// The messages.

function connection(state, text) {
  byId('connection').dataset.state = state;
  byId('connection-text').textContent = text;
}

async function start() {
  const { results, revision } = await (await fetch('/_local/messages')).json();
  shown.clear();
  for (const message of results.reverse()) put(message, false);
  arrange();
  update();
  follow(revision);
}

function follow(revision) {
  const stream = new EventSource(`/_local/messages/stream?since=${revision}`);
  stream.addEventListener('open', () => connection('live', 'Live'));
  stream.addEventListener('error', () => {
    connection('lost', 'Reconnecting');
    // The browser connects again by itself and says what it has seen, unless the answer was an error.
    if (stream.readyState === EventSource.CLOSED) setTimeout(begin, 1000);
  });
  stream.addEventListener('cleared', clear);
  stream.addEventListener('removed', ({ data }) => forget(Number(data)));
  stream.addEventListener('message', ({ data }) => {
    const message = JSON.parse(data);
    put(message, true);
    if (document.hidden) unseen += 1;
    byId('announcement').textContent = announcement(message);
    update();
  });
}

async function begin() {
  try {
    await Promise.all([showInfo(), start()]);
  } catch {
    connection('lost', 'Reconnecting');
    setTimeout(begin, 1000);
  }
}

faults.begin();
begin();
