// Who is looking: the key, kept for this tab alone, and what it may do.

import { place } from '../place.js';

const KEPT = 'carillon-key';

let known = null;

/** `{ organization, role, actor }`, or null while nobody is logged in. */
export const me = () => known;

export const key = () => sessionStorage.getItem(KEPT);

export function keep(text) {
  sessionStorage.setItem(KEPT, text);
}

export function forget() {
  sessionStorage.removeItem(KEPT);
  known = null;
}

export function set(identity) {
  known = identity;
}

/** How long other tabs have to answer, in milliseconds. */
const PATIENCE = 120;

/** On one machine a further tab need not ask a person again: another tab of it gives the key. */
export function share() {
  if (!place.local) return;
  const tabs = new BroadcastChannel(KEPT);
  tabs.addEventListener('message', ({ data }) => {
    if (data === 'who' && known) tabs.postMessage({ key: key() });
  });
}

/** The key of another tab, if there is one. */
export function ask() {
  if (!place.local) return null;
  const tabs = new BroadcastChannel(KEPT);
  return new Promise((found) => {
    tabs.addEventListener('message', ({ data }) => { if (data.key) found(data.key); });
    setTimeout(() => found(null), PATIENCE);
    tabs.postMessage('who');
  }).finally(() => tabs.close());
}

const RIGHTS = {
  read: ['admin', 'editor', 'viewer'],
  write: ['admin', 'editor'],
  publish: ['admin', 'editor', 'publisher'],
};

/** Whether the role allows it; what is not allowed is not offered. */
export const may = (right) => RIGHTS[right].includes(known?.role);
