// Who changed what; and on one machine, what was skipped or refused and why.

import { Pages } from '../core/api.js';
import { ago, el, foreign, moment } from '../core/dom.js';
import { to } from '../core/router.js';
import { empty, failure, head } from '../core/ui.js';
import { VirtualList } from '../core/virtual.js';
import { place } from '../place.js';

export async function show(_, query) {
  const wrong = place.local && query.get('tab') === 'refused';
  const { node, begin, end } = wrong ? (await import('../local/refused.js')).refused() : audit();
  return {
    title: wrong ? 'Skipped and refused' : 'Activity',
    node: el('div', 'page',
      head('Activity', { lead: wrong ? 'What Carillon could make nothing of: items of tables, events of AWS, messages of the queue.' : 'Who changed what, newest first. Values are never kept.' }),
      place.local ? tabs(wrong) : null, node),
    begin,
    end,
  };
}

function tabs(wrong) {
  const link = (label, address, isHere) => {
    const made = el('a', '', label);
    made.href = address;
    if (isHere) made.setAttribute('aria-current', 'page');
    return made;
  };
  const nav = el('nav', 'tabs', link('Changes', to('activity'), !wrong), link('Skipped and refused', to('activity', { tab: 'refused' }), wrong));
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
  const when = new Date(at);
  const name = foreign(object.type === 'webhook' && action !== 'removed' ? 'a' : 'span', 'row-name', object.name ?? object.id);
  if (name.tagName === 'A') name.href = to('webhooks', object.id);
  name.dataset.main = '';
  const words = el('div', 'row-line', foreign('span', 'strong', actor(who)), el('span', '', `${action.replaceAll('_', ' ')} ${KINDS[object.type] ?? object.type}`), name,
    el('span', 'row-side', moment(when, ago(when))));
  return el('div', 'row', words,
    el('div', 'row-more', changed.length ? ['Changed: ', el('code', '', changed.join(', ')), ' · '] : null, el('span', '', 'request '), el('code', '', request || '–')));
}

