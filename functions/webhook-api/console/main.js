// The console begins here: who is looking, then what they look at.

import { call, get } from './core/api.js';
import { el } from './core/dom.js';
import * as keys from './core/keys.js';
import { keepTime } from './core/live.js';
import { here } from './core/router.js';
import * as session from './core/session.js';
import { frame, mark } from './core/shell.js';
import { empty, failure, head, toast } from './core/ui.js';
import { place } from './place.js';

/** Each view, and what loads it. A view is `show(parts, query) → { title, node, end? }`. */
const VIEWS = {
  webhooks: () => import('./views/webhooks/index.js'),
  events: () => import('./views/events/index.js'),
  compose: () => import('./views/compose/index.js'),
  declare: () => import('./views/declare.js'),
  activity: () => import('./views/activity.js'),
  reference: () => import('./views/reference/index.js'),
  ...(place.local ? { channels: () => import('./local/channels.js') } : {}),
};
const WITHOUT_KEY = ['channels', 'reference'];
/** What one must be allowed for a view. */
const RIGHTS = { compose: 'publish', declare: 'write', webhooks: 'read', events: 'read', activity: 'read' };

const isView = (name) => Object.hasOwn(VIEWS, name ?? '');

let shown = null;
let turn = 0;

async function show() {
  const { parts, query } = here();
  const [first] = parts;
  if (first?.startsWith('log-in=')) return exchange(first.slice('log-in='.length));
  const usual = place.local ? 'channels' : session.me() && !session.may('read') ? 'compose' : 'webhooks';
  const name = isView(first) ? first : usual;
  const mine = ++turn;
  mark(name);
  // A view may go from one place to another within itself.
  if (shown?.name === name && shown.keeps && session.me() === shown.by) return shown.keeps();
  if (!session.me() && !WITHOUT_KEY.includes(name)) {
    const { logIn } = await import('./views/log_in.js');
    return mine === turn ? put(logIn(enter), name) : undefined;
  }
  const isEdit = name === 'webhooks' && (parts[1] === 'new' || parts[2] === 'edit');
  if (RIGHTS[name] && !session.may(isEdit ? 'write' : RIGHTS[name])) {
    const said = empty('Not with this key', `It is a key of the role ${session.me().role}, which may not do this.`);
    return put({ title: 'Not with this key', node: el('div', 'page', head('Not with this key'), said) }, name);
  }
  try {
    const view = await (await VIEWS[name]()).show(parts.slice(1), query);
    if (mine === turn) put(view, name);
    else view.end?.();
  } catch (error) {
    if (mine === turn) put({ title: 'Something went wrong', node: el('div', 'page', head('Something went wrong'), failure(error)) }, name);
  }
  return undefined;
}

function put(view, name) {
  const moved = shown?.name !== name || shown?.title !== view.title;
  shown?.end?.();
  shown = { ...view, name, by: session.me() };
  const main = document.getElementById('main');
  main.replaceChildren(view.node);
  // Which view it is, for whoever waits for it.
  main.dataset.view = location.hash;
  document.title = `${view.title} · Carillon`;
  if (moved) {
    main.scrollTop = 0;
    // The keyboard goes on from here.
    main.focus({ preventScroll: true });
    document.getElementById('announcement').textContent = view.title;
  }
  view.begin?.();
}

/** Somebody logs in with a key; throws where it is refused. */
async function enter(key) {
  const identity = await get('me/', { as: key });
  session.keep(key);
  session.set(identity);
  frame();
  await show();
}

async function exchange(code) {
  // The code is worth nothing any more, and not to be seen either.
  history.replaceState(null, '', '#/');
  try {
    const { key } = await call('POST', new URL('_local/log-in', document.baseURI), { body: { code } });
    await enter(key);
  } catch (error) {
    if (!session.me()) toast(error.message, 'warning');
    await show();
  }
}

async function resume() {
  const isNew = !session.key();
  const key = session.key() ?? await session.ask();
  if (!key) return;
  if (isNew) session.keep(key);
  try {
    session.set(await get('me/'));
  } catch (error) {
    if (error.status === 401 || error.status === 403) session.forget();
    else throw error;
  }
}

addEventListener('hashchange', show);
addEventListener('carillon-locked-out', () => {
  if (!session.me()) return;
  session.forget();
  frame();
  toast('The key no longer works: it expired or was revoked.', 'warning');
  show();
});
addEventListener('carillon-log-out', () => {
  session.forget();
  frame();
  show();
});

try {
  frame();
  keepTime();
  // What will be shown is loaded while it is found out who looks.
  const [first] = here().parts;
  VIEWS[isView(first) ? first : place.local ? 'channels' : 'webhooks']().catch(() => {});
  session.share();
  await resume();
  frame();
  keys.begin();
  await show();
} catch (error) {
  frame();
  document.getElementById('main').replaceChildren(el('div', 'page', failure(error)));
}
