// A message in the look of its platform: as a channel shows it, and as a preview does.

import { clock, el, foreign, moment } from './dom.js';
import { looks } from '../kinds/all.js';

const BELL = new URL('../bell.svg', import.meta.url).href;

/** A kind that says nothing of its messages: they are shown as they are posted. */
const PLAIN = {
  content: (payload) => el('pre', 'code-block', JSON.stringify(payload, null, 2)),
  summary: () => '',
  when: clock,
  channelSign: '#',
};

const lookOf = (platform) => ({ ...PLAIN, name: platform, ...looks[platform] });

/** The platforms, in the order in which they are shown. */
export const platforms = Object.keys(looks);

export const nameOf = (platform) => lookOf(platform).name;

/** A channel as it is written there. */
export const channelName = (platform, channel) => `${lookOf(platform).channelSign}${channel}`;

/** What a notification would say, as plain text. */
export function summary(platform, payload) {
  try {
    return lookOf(platform).summary(payload);
  } catch {
    return '';
  }
}

/**
 * A message with its sender, or without where it follows one of the same sender. `below` stands
 * under its content: notes, replies.
 */
export function message({ platform, payload, sender, received_at: at, edited, thread_name: thread }, { follows = false, below = [] } = {}) {
  const kind = lookOf(platform);
  const when = new Date(at ?? Date.now());
  return el('div', follows ? 'message follows' : 'message',
    follows ? el('span', 'avatar-space', moment(when, clock(when))) : avatar(kind.face?.(payload)),
    el('div', 'message-main',
      follows ? null : el('div', 'sender',
        foreign('strong', 'sender-name', sender ?? kind.sender ?? 'Carillon'),
        el('span', 'app', 'APP'),
        moment(when, kind.when(when))),
      thread ? foreign('div', 'thread-name', thread) : null,
      drawn(kind, payload),
      edited ? el('span', 'edited', '(edited)') : null,
      ...below));
}

function avatar(face) {
  if (face) return el('span', 'avatar emoji', face);
  const picture = el('img', '');
  picture.src = BELL;
  picture.alt = '';
  return el('span', 'avatar', picture);
}

function drawn(kind, payload) {
  try {
    return kind.content(payload);
  } catch (error) {
    // A shape nobody thought of must not take the other messages with it.
    console.error(error);
    return el('span', 'placeholder', 'This message cannot be drawn; its JSON tells what it is.');
  }
}
