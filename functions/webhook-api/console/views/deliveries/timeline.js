// One delivery: attempts, waits and the outcome, in the order of time.

import { post } from '../../core/api.js';
import { el, format, moment, sentence, when } from '../../core/dom.js';
import { icon } from '../../core/icons.js';
import { to } from '../../core/router.js';
import { may } from '../../core/session.js';
import { button, toast } from '../../core/ui.js';
import { place } from '../../place.js';

/** What an attempt came to: words, sign, tone. */
const OUTCOMES = {
  delivered: ['Delivered', 'check', 'good'],
  rate_limited: ['The platform asked to wait', 'wait', 'warn'],
  unavailable: ['The platform could not be reached, or had a fault', 'again', 'warn'],
  unknown: ['Sent, and it is not known whether it was taken', 'warning', 'warn'],
  payload_refused: ['The platform refused this message', 'cross', 'bad'],
  unknown_refusal: ['Refused, with a code that is not known', 'cross', 'bad'],
  our_fault: ['Carillon itself had a fault', 'cross', 'bad'],
  credential_dead: ['The credential no longer works', 'cross', 'bad'],
  destination_dead: ['The channel can no longer be posted to', 'cross', 'bad'],
  blocked: ['The platform blocks Carillon’s address', 'cross', 'warn'],
};

const STATES = {
  pending: 'Waiting for its turn',
  retrying: 'Will be tried again',
  failed: 'Given up',
  skipped: 'Not sent',
};

/** From the event to the message, such as `0.4 s`; nothing where it was not delivered. */
export function took(delivery) {
  const seconds = secondsToPost(delivery);
  return seconds === null ? null : el('span', '', `after ${duration(seconds)}`);
}

export function secondsToPost({ status, attempts, created_at: begun }) {
  const last = attempts.at(-1);
  if (status !== 'delivered' || !last) return null;
  return Math.max(0, (new Date(last.at) - new Date(begun) + last.duration_ms) / 1000);
}

export function duration(seconds) {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 100) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} days`;
}

const time = (text) => moment(new Date(text), format(new Date(text), { dateStyle: 'medium', timeStyle: 'medium' }));

function step(sign, tone, words, at, ...more) {
  return el('li', `step ${tone}`, el('span', 'step-sign', icon(sign)),
    el('div', 'step-main', el('p', '', el('span', 'strong', words), ' ', at ? el('span', 'soft small', time(at)) : null), ...more));
}

function wait(from, until) {
  const seconds = (new Date(until) - new Date(from)) / 1000;
  return seconds < 1 ? null : el('li', 'step wait', el('span', 'step-sign'), el('p', 'soft small', `${duration(seconds)} later`));
}

/** `event: false` where it stands below its event. `changed` is told after something was asked for. */
export function timeline(delivery, { event = true, changed } = {}) {
  const { attempts, status, message } = delivery;
  const steps = [step('pulse', '', 'The event came', delivery.created_at)];
  let before = delivery.created_at;
  for (const attempt of attempts) {
    const [words, sign, tone] = OUTCOMES[attempt.outcome] ?? [attempt.outcome, 'warning', 'warn'];
    const facts = [attempt.http_status && `status ${attempt.http_status}`, attempt.code, `${attempt.duration_ms} ms`];
    steps.push(wait(before, attempt.at), step(sign, tone, words, attempt.at,
      attempt.hint ? el('p', '', attempt.hint) : null,
      el('p', 'soft small', facts.filter(Boolean).join(' · '))));
    before = attempt.at;
  }
  if (STATES[status]) {
    const next = delivery.next_attempt_at ? new Date(delivery.next_attempt_at) : null;
    steps.push(step({ failed: 'cross', skipped: 'skip' }[status] ?? 'wait', status === 'failed' ? 'bad' : '', STATES[status], null,
      delivery.reason ? el('p', '', delivery.reason) : null,
      next ? el('p', 'soft small', 'Next attempt: ', when(next)) : null));
  } else if (delivery.reason) {
    steps.push(step('warning', 'warn', delivery.reason, null));
  }
  const notes = [
    delivery.overtaken ? 'Later messages were sent before it, as it kept failing while the channel took them.' : null,
    delivery.possible_duplicate ? 'The outcome of one attempt is not known: the message may have been shown twice.' : null,
  ].filter(Boolean);
  return el('div', 'timeline',
    el('ol', 'steps', ...steps),
    ...notes.map((note) => el('p', 'soft', note)),
    el('div', 'actions',
      may('write') ? again(delivery, changed) : null,
      event ? anchor('Show the event', to('events', delivery.event_id)) : null,
      place.local && message?.id ? anchor('Show the message', to('channels', { message: message.id })) : null),
    el('p', 'soft small', 'Delivery ', el('code', '', delivery.id), message?.id ? [', message ', el('code', '', message.id)] : null,
      delivery.traceparent ? [', trace ', el('code', '', delivery.traceparent)] : null));
}

function anchor(label, address) {
  const made = el('a', 'button small', label);
  made.href = address;
  return made;
}

const AGAIN = { delivered: 'Send once more', failed: 'Send again', skipped: 'Send now' };

function again({ id, webhook_id: webhook, status }, changed) {
  return button(AGAIN[status] ?? 'Try now', async () => {
    const { accepted, reason } = await post(`webhooks/${encodeURIComponent(webhook)}/deliveries/${encodeURIComponent(id)}/redeliver/`);
    toast(accepted ? 'It will be sent.' : sentence(reason ?? 'nothing will be sent.'), accepted ? 'good' : 'warning');
    await changed?.();
  }, { sign: 'again', kind: 'small' });
}

