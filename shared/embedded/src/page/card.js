// One message of the feed: its channel, the message in the platform's look, the raw JSON.

import { clock, dayAndClock, el, foreign, moment } from './dom.js';
import { remove } from './faults.js';
import * as discord from './discord.js';
import * as slack from './slack.js';
import * as teams from './teams.js';
import * as webhook from './webhook.js';

const PLATFORMS = {
  slack: { name: 'Slack', content: slack.content, summary: slack.summary, face: slack.face, when: clock },
  discord: { name: 'Discord', content: discord.content, summary: discord.summary, face: () => null, when: dayAndClock },
  teams: { name: 'Teams', content: teams.content, summary: teams.summary, sender: 'Workflows', face: () => null, when: dayAndClock },
  webhook: { name: 'Webhook', content: webhook.content, summary: webhook.summary, face: () => '🔏', when: clock },
};

/** `about` says what else is known: the number of the thread's first message, and how many replies there are. */
export function card(message, about = {}) {
  const platform = PLATFORMS[message.platform];
  const heading = el('h2', 'channel', message.platform === 'webhook' ? null : el('span', 'hash', '#'), foreign('span', 'channel-name', message.channel));
  heading.id = `channel-${message.number}`;
  const article = el('article', `card ${message.platform}`,
    el('header', 'card-head',
      el('span', 'platform', platform.name),
      heading,
      el('span', 'host', message.host),
      number(message)),
    el('div', 'message',
      avatar(platform.face(message.payload)),
      el('div', 'message-main',
        sender(message, platform),
        message.thread_name ? foreign('div', 'dc-thread', message.thread_name) : null,
        drawn(message, platform),
        message.edited ? el('span', 'edited', '(edited)') : null)),
    el('footer', 'card-foot', notes(message, about), el('div', 'foot-line', raw(message.payload), forget(message))));
  article.id = `message-${message.number}`;
  article.setAttribute('aria-labelledby', heading.id);
  return article;
}

/** A sentence for those who hear the page. */
export function announcement(message) {
  const { name, summary } = PLATFORMS[message.platform];
  const event = message.edited ? 'Edited' : 'New';
  return `${event} ${name} message in ${message.channel}: ${summary(message.payload).slice(0, 200)}`;
}

function number(message) {
  const anchor = el('a', 'number', `${message.number}`);
  anchor.href = `#message-${message.number}`;
  anchor.title = 'Link to this message';
  anchor.setAttribute('aria-label', `Message ${message.number}`);
  return anchor;
}

function avatar(face) {
  if (face) return el('span', 'avatar emoji', face);
  const picture = el('img', '');
  picture.src = '/_local/page/bell.svg';
  picture.alt = '';
  return el('span', 'avatar', picture);
}

function sender(message, platform) {
  const at = new Date(message.received_at);
  return el('div', 'sender',
    foreign('strong', 'sender-name', message.sender ?? platform.sender ?? 'Carillon'),
    el('span', 'app', 'APP'),
    moment(at, platform.when(at)));
}

function drawn(message, platform) {
  try {
    return platform.content(message.payload);
  } catch (error) {
    // A shape nobody thought of must not take the other messages with it.
    console.error(error);
    return el('span', 'placeholder', 'This message cannot be drawn; its JSON is below.');
  }
}

function notes(message, { parent, replies }) {
  const notes = [];
  if (replies) notes.push(el('span', 'note', replies === 1 ? '1 reply' : `${replies} replies`));
  if (parent) notes.push(el('span', 'note', 'in the thread of ', jump(parent)));
  else if (message.thread && message.thread !== message.id) notes.push(el('span', 'note', 'in a thread'));
  if (message.payload.reply_broadcast) notes.push(el('span', 'note', 'also in the channel'));
  if (message.verified === true) notes.push(el('span', 'note', 'signature verified'));
  if (message.verified === false) notes.push(el('span', 'note warning', 'signature not checked: the secret is not known here'));
  for (const mention of message.open_mentions) {
    notes.push(foreign('span', 'note warning', `may ping ${mention}`));
  }
  for (const fault of message.not_shown ?? []) {
    notes.push(foreign('span', 'note warning', `taken, but not shown: ${fault}`));
  }
  return el('div', 'notes', ...notes);
}

function jump(number) {
  const anchor = el('a', '', `№ ${number}`);
  anchor.href = `#message-${number}`;
  return anchor;
}

function forget(message) {
  const button = el('button', 'forget', 'Remove');
  button.type = 'button';
  button.title = 'As people do in a channel: for trying what becomes of its thread';
  button.setAttribute('aria-label', `Remove message ${message.number}`);
  button.addEventListener('click', () => remove(message.number));
  return button;
}

function raw(payload) {
  const details = el('details', 'raw', el('summary', '', 'Raw JSON'));
  // Written when somebody looks: a thousand of them would be a heavy page.
  details.addEventListener('toggle', () => {
    if (details.open && details.children.length === 1) {
      const json = foreign('pre', '', JSON.stringify(payload, null, 2));
      json.tabIndex = 0;
      details.append(json);
    }
  });
  return details;
}

