// What stands around every view: the bell, where one can go, who is looking.

import { place } from '../place.js';
import { el } from './dom.js';
import { icon } from './icons.js';
import { to } from './router.js';
import * as session from './session.js';

const PLACES = [
  ...(place.local ? [['channels', 'Channels', 'chat', null]] : []),
  ['webhooks', 'Webhooks', 'bell', 'read'],
  ['events', 'Events', 'pulse', 'read'],
  ['compose', 'Compose', 'pen', 'publish'],
  ['declare', 'Declare', 'file', 'write'],
  ['activity', 'Activity', 'clock', 'read'],
  ['reference', 'API', 'code', null],
];

document.getElementById('skip').addEventListener('click', (event) => {
  event.preventDefault();
  document.getElementById('main').focus();
});

let current = '';

/** Draws it anew: after somebody came or went. */
export function frame() {
  const me = session.me();
  const links = PLACES
    .filter(([, , , right]) => !right || !me || session.may(right))
    .map(([name, label, sign]) => {
      const link = el('a', 'nav-link', icon(sign), el('span', '', label));
      link.href = to(name);
      link.dataset.place = name;
      return link;
    });
  document.getElementById('nav').replaceChildren(...links);
  document.getElementById('who').replaceChildren(...(me ? who(me) : []));
  const mode = document.getElementById('mode');
  mode.hidden = !place.local;
  mode.classList.toggle('live', Boolean(place.live));
  mode.textContent = place.live ? 'Live: posts for real' : 'On this machine';
  mode.title = place.chat ?? '';
  mark(current);
}

function who({ organization, role, actor }) {
  const leave = el('button', 'quiet-button', 'Log out');
  leave.type = 'button';
  leave.addEventListener('click', () => dispatchEvent(new Event('carillon-log-out')));
  const name = actor.name ?? (actor.type === 'deployment_key' ? 'admin key' : actor.id);
  return [
    el('span', 'who-organization', organization),
    el('span', 'who-role', `${name} · ${role}`),
    leave,
  ];
}

export function mark(name) {
  current = name;
  for (const link of document.querySelectorAll('.nav-link')) {
    if (link.dataset.place === name) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  // On a narrow screen the links scroll sideways.
  document.querySelector('.nav-link[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
}
