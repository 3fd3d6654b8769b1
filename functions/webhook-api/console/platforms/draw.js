// A message in the look of its platform: as a channel shows it, and as a preview does.

import { clock, dayAndClock, el, foreign, moment } from '../core/dom.js';
import * as discord from './discord/message.js';
import * as slack from './slack/message.js';
import * as teams from './teams/message.js';
import * as webhook from './webhook/message.js';

const BELL = new URL('../bell.svg', import.meta.url).href;

const PLATFORMS = {
  slack: { name: 'Slack', ...slack, when: clock },
  discord: { name: 'Discord', ...discord, when: dayAndClock },
  teams: { name: 'Teams', ...teams, sender: 'Workflows', when: dayAndClock },
  webhook: { name: 'Webhook', ...webhook, face: () => '🔏', when: clock },
};

export const nameOf = (platform) => PLATFORMS[platform].name;

/** What a notification would say, as plain text. */
export function summary(platform, payload) {
  try {
    return PLATFORMS[platform].summary(payload);
  } catch {
    return '';
  }
}

/**
 * A message with its sender, or without where it follows one of the same sender. `below` stands
 * under its content: notes, replies.
 */
export function message({ platform, payload, sender, received_at: at, edited, thread_name: thread }, { follows = false, below = [] } = {}) {
  const kind = PLATFORMS[platform];
  const when = new Date(at ?? Date.now());
  return el('div', follows ? 'message follows' : 'message',
    follows ? el('span', 'avatar-space', moment(when, clock(when))) : avatar(kind.face?.(payload)),
    el('div', 'message-main',
      follows ? null : el('div', 'sender',
        foreign('strong', 'sender-name', sender ?? kind.sender ?? 'Carillon'),
        el('span', 'app', 'APP'),
        moment(when, kind.when(when))),
      thread ? foreign('div', 'dc-thread', thread) : null,
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
