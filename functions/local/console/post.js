// One post of a channel: the message, what is to be said of it, and its thread.

import { el, foreign } from '../core/dom.js';
import { icon } from '../core/icons.js';
import { channelName, message as draw, nameOf } from '../core/message.js';
import { button, code, dialog, plural } from '../core/ui.js';
import { remove } from './faults.js';

/** So many replies are shown without asking. */
const SHOWN = 3;

/** `everywhere`: the post stands among those of other channels and says where it is. */
export function post(given, { everywhere, opened, wanted }) {
  const { message, replies } = given;
  const found = message.id === wanted || replies.some(({ id }) => id === wanted);
  const node = el('div', `post${given.follows ? ' follows' : ''}${given.leads ? ' leads' : ''}${found ? ' found' : ''}`);
  const thread = el('div', '');
  const showThread = () => thread.replaceChildren(...[repliesOf(replies, opened, () => {
    opened.add(given.key);
    showThread();
  }, given.key)].filter(Boolean));
  showThread();
  node.append(
    el('div', `card ${message.platform}`,
      everywhere && !given.follows ? where(message) : null,
      draw(message, { follows: given.follows, below: [notes(message), thread] })),
    el('div', 'post-tools',
      button('JSON', () => dialog(`Message ${message.number} as it was posted`, code(JSON.stringify(message.payload, null, 2))), { kind: 'small', title: 'The message as it was posted' }),
      button('Remove', () => remove(message.number), { kind: 'small', title: 'Removes it as people do in a channel, to see what becomes of its thread' })));
  node.tabIndex = -1;
  node.dataset.main = '';
  node.setAttribute('aria-label', `${nameOf(message.platform)} message ${message.number} in ${message.channel}`);
  return node;
}

function where({ platform, channel, host }) {
  return el('header', 'card-head',
    el('span', 'platform', nameOf(platform)),
    el('h2', 'channel', foreign('span', 'channel-name', channelName(platform, channel))),
    el('span', 'host', host));
}

function repliesOf(replies, opened, open, key) {
  if (!replies.length) return null;
  const all = opened.has(key) || replies.length <= SHOWN;
  const shown = all ? replies : replies.slice(-SHOWN);
  const more = el('button', 'thread-open', icon('thread'), `Show ${plural(replies.length - shown.length, 'earlier reply', 'earlier replies')}`);
  more.type = 'button';
  more.addEventListener('click', open);
  return el('div', 'thread', el('p', 'visually-hidden', plural(replies.length, 'reply', 'replies')),
    all ? null : more, ...shown.map((reply) => draw(reply, { below: [notes(reply)] })));
}

function notes(message) {
  const notes = [];
  if (message.thread && message.thread !== message.id) notes.push(el('span', 'note', 'in a thread'));
  if (message.payload.reply_broadcast) notes.push(el('span', 'note', 'also in the channel'));
  if (message.verified === true) notes.push(el('span', 'note', 'signature verified'));
  if (message.verified === false) notes.push(el('span', 'note warning', 'signature not checked: the secret is not known here'));
  for (const mention of message.open_mentions) notes.push(foreign('span', 'note warning', `may ping ${mention}`));
  for (const fault of message.not_shown ?? []) notes.push(foreign('span', 'note warning', `taken, but not shown: ${fault}`));
  return notes.length ? el('div', 'notes', ...notes) : null;
}
