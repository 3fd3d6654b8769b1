// A message of a signed webhook: what a receiver would see, with the event's facts first.

import { el, foreign } from '../../core/dom.js';

const LEFT_OUT = ['id', 'type', 'organization', 'received_at'];

/** The events of a message: of one, of a batch, of either envelope. */
function events(payload) {
  const list = Array.isArray(payload) ? payload : Array.isArray(payload.data) ? payload.data : [payload];
  return list.filter((item) => item && typeof item === 'object');
}

export function content(payload) {
  return el('div', 'wh-content', ...events(payload).map(event));
}

function event({ type, time, timestamp, data }) {
  const facts = Object.entries(data && typeof data === 'object' ? data : {});
  return el('section', 'wh-event',
    el('div', 'wh-type', foreign('code', '', String(type)), foreign('span', 'soft', String(timestamp ?? time ?? ''))),
    el('dl', 'wh-facts', ...facts.filter(([name]) => !LEFT_OUT.includes(name)).map(([name, value]) => el('div', '',
      foreign('dt', '', name),
      foreign('dd', '', typeof value === 'string' ? value : JSON.stringify(value))))));
}

/** What a notification would say of this message. */
export function summary(payload) {
  return events(payload).map(({ type, data }) => [type, data?.status, data?.resource?.name].filter(Boolean).join(' ')).join(', ');
}
