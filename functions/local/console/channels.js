// The chat sink's channels, as one reads them in Slack, Discord and Teams.

import { call, Pages } from '../core/api.js';
import { el, foreign, refill } from '../core/dom.js';
import { icon } from '../core/icons.js';
import { keepUp } from '../core/live.js';
import { channelName, nameOf, platforms, summary } from '../core/message.js';
import { here, to } from '../core/router.js';
import * as session from '../core/session.js';
import { button, empty, input, notice, plural, select, debounce, toast } from '../core/ui.js';
import { VirtualList } from '../core/virtual.js';
import { channelsOf } from '../views/webhooks/kinds.js';
import { firstSteps } from './first_steps.js';
import * as faults from './faults.js';
import { post } from './post.js';
import { channelKey, Store } from './store.js';
import { Messages } from './stream.js';

export function show(_, query) {
  const store = new Store();
  const opened = new Set();
  const seen = new Map();
  let channel = query.get('channel') ?? '';
  let wanted = query.get('message');
  let places = [];
  let suspended = [];

  const side = el('nav', 'channels');
  side.setAttribute('aria-label', 'Channels');
  const choice = el('div', 'channel-choice');
  const title = el('h1', '', '');
  const search = input({ type: 'search', placeholder: 'Search messages' });
  search.setAttribute('aria-label', 'Search messages');
  const tools = el('div', 'tools');
  const notes = el('div', 'conversation-notes');
  const scroll = el('div', 'scroll');
  scroll.tabIndex = 0;
  scroll.setAttribute('role', 'region');
  scroll.setAttribute('aria-label', 'Messages');
  const newer = button('New messages', () => {
    rows.toEnd();
    newer.hidden = true;
  }, { sign: 'down', kind: 'primary newer' });
  newer.hidden = true;
  const node = el('div', 'chat', side, choice, el('section', 'conversation',
    el('header', 'conversation-head', title, tools), notes, scroll, newer));

  const rows = new VirtualList({
    key: ({ key }) => key, label: 'Messages', estimate: 180, scroller: scroll,
    draw: (given) => post(given, { everywhere: !channel, opened, wanted }),
  });
  rows.stick = true;

  function draw({ toEnd = false } = {}) {
    const posts = store.list(channel, search.value);
    // The thread of the message that the address names stands open.
    const named = wanted && posts.find(({ replies }) => replies.some(({ id }) => id === wanted));
    if (named) opened.add(named.key);
    const stuck = toEnd || rows.atEnd || !rows.node.isConnected;
    if (store.messages.size === 0) scroll.replaceChildren(firstSteps());
    else if (!posts.length) scroll.replaceChildren(empty('Nothing found', search.value ? 'No message has these words.' : 'This channel is empty.'));
    else if (rows.node.parentNode !== scroll) scroll.replaceChildren(rows.node);
    rows.set(posts, { ended: true, toEnd: stuck && !wanted });
    find(posts);
    sideLater();
  }

  /** Shows the message that the address names. */
  function find(posts) {
    const index = wanted ? posts.findIndex(({ message, replies }) => [message, ...replies].some(({ id }) => id === wanted)) : -1;
    if (index < 0 || find.done) return;
    find.done = true;
    rows.show(index);
  }

  function drawSide() {
    const all = store.channels();
    seen.set(channel, store.last);
    const link = (key, label, count, { unread, off } = {}) => {
      const made = el('a', `channel-link${unread ? ' unread' : ''}`, foreign('span', 'name', label), off ? icon('warning') : null, el('span', 'tally', count.toLocaleString()));
      made.href = to('channels', key ? { channel: key } : {});
      if (key === channel) made.setAttribute('aria-current', 'page');
      if (off) made.setAttribute('aria-label', `${label}, ${plural(count, 'message')}, does not take messages`);
      return made;
    };
    const shown = new Set([...platforms, ...all.map((one) => one.platform)]);
    const groups = [...shown].map((platform) => {
      const ours = all.filter((one) => one.platform === platform);
      return ours.length ? [el('h2', '', nameOf(platform)), ...ours.map((one) => link(one.key, channelName(platform, one.channel), one.count, {
        unread: one.last > (seen.get(one.key) ?? seen.get('') ?? 0),
        off: places.some((place) => channelKey(place) === one.key && place.standing !== 'open'),
      }))] : [];
    });
    refill(side, link('', 'All channels', store.messages.size), ...groups.flat());
    // Whoever is choosing is not interrupted.
    if (choice.contains(document.activeElement)) return;
    const choose = select([['', 'All channels'], ...all.map((one) => [one.key, `${nameOf(one.platform)}: ${one.channel} (${one.count})`])], channel);
    choose.setAttribute('aria-label', 'Channel');
    choose.addEventListener('change', () => { location.hash = to('channels', choose.value ? { channel: choose.value } : {}); });
    choice.replaceChildren(choose);
  }

  /** The channel's name, how it stands, and what is to be said of that. */
  function drawHead() {
    const one = store.channels().find(({ key }) => key === channel);
    title.replaceChildren(foreign('span', '', one ? channelName(one.platform, one.channel) : channel ? 'Channel' : 'All channels'));
    const here = places.filter((place) => channelKey(place) === channel);
    tools.replaceChildren(search, ...here.map((place) => faults.standing(place, look)),
      button('What goes wrong', () => faults.show().then(look), { sign: 'warning' }));
    drawNotes();
  }

  function drawNotes() {
    notes.replaceChildren(...places.filter((place) => channelKey(place) === channel).flatMap(stillSuspended));
  }

  /** A destination that is well again does not bring its webhook back: somebody has to say so. */
  function stillSuspended(place) {
    if (place.standing !== 'open') return [];
    const ours = suspended.filter((webhook) => webhook.type === place.platform
      && (channelsOf(webhook).includes(place.channel) || channelsOf(webhook).includes(place.channel_id)));
    return ours.map((webhook) => notice('warn', 'warning',
      el('p', '', 'This channel works again, but the webhook ', foreign('strong', '', webhook.name), ' is still suspended: it does not know yet.'),
      session.may('write') ? el('div', 'actions', button('Switch it on', async () => {
        await call('PATCH', `webhooks/${encodeURIComponent(webhook.id)}/`, { body: { enabled: true } });
        toast(`${webhook.name} is on.`);
        await look();
      }, { sign: 'check', kind: 'small' })) : null));
  }

  let looked = '';
  async function look() {
    const found = await faults.destinations();
    if (session.may('read')) suspended = await new Pages('webhooks/', { status: 'suspended' }).next();
    const now = JSON.stringify([found.map(({ tally, ...place }) => place), suspended, channel]);
    if (now === looked) return;
    looked = now;
    places = found;
    // Whoever is choosing there is not interrupted.
    if (tools.contains(document.activeElement) && document.activeElement.tagName !== 'BUTTON') drawNotes();
    else drawHead();
    drawSide();
  }

  const later = throttle(draw, 100);
  // In a turn of its own, so that no frame waits for both.
  const sideLater = throttle(drawSide, 0);
  const messages = new Messages((changes) => {
    const first = !messages.revisionShown;
    messages.revisionShown = true;
    const news = store.apply(changes);
    if (first) {
      // Not in the turn that read them.
      setTimeout(() => {
        draw({ toEnd: true });
        drawHead();
      });
      return;
    }
    if (news.length) {
      const latest = news.at(-1);
      document.getElementById('announcement').textContent = `New ${nameOf(latest.platform)} message in ${latest.channel}: ${summary(latest.platform, latest.payload).slice(0, 200)}`;
      newer.hidden = rows.atEnd || !rows.node.isConnected;
    }
    later();
  }, (state) => { node.dataset.state = state; });

  search.addEventListener('input', debounce(() => draw({ toEnd: true }), 150));
  scroll.addEventListener('scroll', () => { if (rows.atEnd) newer.hidden = true; }, { passive: true });

  // Going from channel to channel keeps what is known.
  const moved = () => {
    const { parts, query: now } = here();
    if (parts[0] !== 'channels') return;
    channel = now.get('channel') ?? '';
    wanted = now.get('message');
    find.done = false;
  };
  let rest = () => {};
  return {
    title: 'Channels',
    node,
    keeps: () => {
      moved();
      looked = '';
      scroll.replaceChildren();
      draw({ toEnd: true });
      drawHead();
      look();
    },
    begin() {
      drawHead();
      rows.begin();
      messages.begin();
      rest = keepUp(look, 1500);
      look().catch(() => {});
    },
    end() {
      rows.end();
      messages.end();
      rest();
    },
  };
}

/** At most once in a while, however often it is asked for. */
function throttle(act, wait) {
  let timer = null;
  return () => {
    timer ??= setTimeout(() => {
      timer = null;
      act();
    }, wait);
  };
}
