// Who changed what, how much of the quotas is used; and on one machine, what was skipped or refused
// and why.

import { Pages } from '../core/api.js';
import { el, foreign, when } from '../core/dom.js';
import { to } from '../core/router.js';
import { empty, failure, head } from '../core/ui.js';
import { VirtualList } from '../core/virtual.js';
import { place } from '../place.js';

/** Each tab: its label, what it says of itself, what loads it. */
const TABS = {
  changes: ['Changes', 'Who changed what, newest first. Values are never kept.', audit],
  quotas: ['Quotas', 'How much of what your organization may have is used.', async () => (await import('./quotas.js')).quotas()],
  ...(place.local ? {
    refused: ['Skipped and refused', 'What Carillon could not use: items of tables, events from AWS, messages of the queue.',
      async () => (await import('../local/refused.js')).refused()],
  } : {}),
};

export async function show(_, query) {
  const tab = Object.hasOwn(TABS, query.get('tab') ?? '') ? query.get('tab') : 'changes';
  const [label, lead, load] = TABS[tab];
  const { node, begin, end } = await load();
  return {
    title: tab === 'changes' ? 'Activity' : label,
    node: el('div', 'page', head('Activity', { lead }), tabs(tab), node),
    begin,
    end,
  };
}

function tabs(current) {
  const nav = el('nav', 'tabs', ...Object.entries(TABS).map(([name, [label]]) => {
    const made = el('a', '', label);
    made.href = name === 'changes' ? to('activity') : to('activity', { tab: name });
    if (name === current) made.setAttribute('aria-current', 'page');
    return made;
  }));
  nav.setAttribute('aria-label', 'Activity');
  return nav;
}

function audit() {
  const pages = new Pages('audit/');
  const node = el('div', '');
  const rows = new VirtualList({ key: ({ id }) => id, label: 'Changes', estimate: 66, draw: row, more: () => pages.next() });
  rows.onFault = (error) => node.replaceChildren(failure(error));
  rows.onRead = () => {
    if (!rows.items.length) node.replaceChildren(empty('Nothing yet', 'As soon as somebody makes, changes or removes a webhook or a key, it says so here.'));
  };
  node.append(rows.node);
  return { node, begin: () => rows.begin(), end: () => rows.end() };
}

const KINDS = { webhook: 'the webhook', api_key: 'the key' };

function actor({ type, id, name }) {
  if (type === 'deployment_key') return 'The admin key';
  if (type === 'system') return 'Carillon';
  return name ?? id ?? 'Somebody';
}

function row(entry) {
  const { at, actor: who, action, object, changed, request_id: request } = entry;
  const then = new Date(at);
  const name = foreign(object.type === 'webhook' && action !== 'removed' ? 'a' : 'span', 'row-name', object.name ?? object.id);
  if (name.tagName === 'A') name.href = to('webhooks', object.id);
  name.dataset.main = '';
  const words = el('div', 'row-line', foreign('span', 'strong', actor(who)), el('span', '', `${action.replaceAll('_', ' ')} ${KINDS[object.type] ?? object.type}`), name,
    el('span', 'row-side', when(then)));
  return el('div', 'row', words,
    el('div', 'row-more', changed.length ? ['Changed: ', el('code', '', changed.join(', ')), ' · '] : null, el('span', '', 'request '), el('code', '', request || '–')));
}

