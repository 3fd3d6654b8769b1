// The keyboard: `/` searches, `j` and `k` walk through the list, `?` says what there is.

import { el } from './dom.js';
import { go } from './router.js';
import { may } from './session.js';
import { dialog } from './ui.js';
import { place } from '../place.js';

const HELP = [
  ['/', 'search'],
  ['j, k', 'next, previous in the list'],
  ['Enter', 'open what is chosen'],
  [`g then ${place.local ? 'h, ' : ''}w, e, c, d, a, r`, `go to ${place.local ? 'Channels, ' : ''}Webhooks, Events, Compose, Declare, Activity, the API`],
  ['n', 'new webhook'],
  ['Esc', 'close'],
  ['?', 'this list'],
];
const PLACES = { w: 'webhooks', e: 'events', c: 'compose', d: 'declare', a: 'activity', h: 'channels', r: 'reference' };

let going = false;

export function begin() {
  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (document.querySelector('dialog[open]')) return;
    if (going) {
      going = false;
      if (Object.hasOwn(PLACES, event.key)) go(PLACES[event.key]);
      return;
    }
    const act = ACTS[event.key];
    if (!act || act() === false) return;
    event.preventDefault();
  });
}

const ACTS = {
  '/': () => {
    const field = document.querySelector('#main [type=search]');
    field?.focus();
    return Boolean(field);
  },
  j: () => walk(1),
  k: () => walk(-1),
  g: () => { going = true; },
  n: () => may('write') && go('webhooks', 'new'),
  '?': help,
};

/** The lists know how to move; the event says which way. */
function walk(step) {
  const list = document.querySelector('#main [data-walks]');
  list?.dispatchEvent(new CustomEvent('walk', { detail: step }));
  return Boolean(list);
}

function help() {
  dialog('Keyboard', el('dl', 'keys', ...HELP.flatMap(([key, does]) => [el('dt', '', el('kbd', '', key)), el('dd', '', does)])));
}

function isTyping(target) {
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}
