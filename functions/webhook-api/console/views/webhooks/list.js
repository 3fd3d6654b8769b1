// All webhooks, those that need somebody first.

import { get, Pages } from '../../core/api.js';
import { el, foreign, when } from '../../core/dom.js';
import { keepUp } from '../../core/live.js';
import { to } from '../../core/router.js';
import { may } from '../../core/session.js';
import { debounce, empty, failure, head, input, linkButton, platform, plural, select, status } from '../../core/ui.js';
import { VirtualList } from '../../core/virtual.js';
import { condition, destination, subscription } from './kinds.js';
import { enableButton, recoverAll, rotateButton } from './repair.js';

/** The order of attention. */
const RANK = { suspended: 0, failing: 1, active: 2, disabled: 3 };

class Source {
  constructor() {
    this.pages = ['suspended', 'active', 'disabled'].map((wanted) => new Pages('webhooks/', { status: wanted }));
  }

  get ended() { return this.pages.every((pages) => pages.ended); }

  async next() {
    for (const pages of this.pages) {
      const found = await pages.next();
      if (found.length) return found.sort((a, b) => RANK[condition(a)] - RANK[condition(b)]);
    }
    return [];
  }
}

export async function list() {
  let source = new Source();
  let all = await source.next();
  const search = input({ type: 'search', placeholder: 'Search by name or place' });
  search.setAttribute('aria-label', 'Search webhooks');
  const wanted = select([['', 'All'], ['suspended', 'Suspended'], ['failing', 'Not getting through'], ['active', 'Active'], ['disabled', 'Switched off']]);
  wanted.setAttribute('aria-label', 'Show');
  const count = el('span', 'count');
  const body = el('div', '');

  const matches = (webhook) => {
    const text = `${webhook.name} ${webhook.type} ${destination(webhook)} ${subscription(webhook)}`.toLowerCase();
    return text.includes(search.value.trim().toLowerCase()) && (!wanted.value || condition(webhook) === wanted.value);
  };
  const rows = new VirtualList({
    key: ({ id }) => id, draw: (webhook) => row(webhook, () => renew(webhook)), label: 'Webhooks', estimate: 66,
    more: async () => {
      let found = [];
      while (!found.length && !source.ended) {
        const read = await source.next();
        all = [...all, ...read];
        found = read.filter(matches);
      }
      tell();
      return found;
    },
  });
  rows.onFault = (error) => body.append(failure(error));

  function tell() {
    const shown = all.filter(matches).length;
    count.textContent = source.ended ? plural(shown, 'webhook') : `${shown.toLocaleString()} so far`;
  }

  function draw() {
    if (!all.length && source.ended) return body.replaceChildren(nothing());
    const shown = all.filter(matches);
    if (!shown.length && source.ended) body.replaceChildren(empty('Nothing found', 'No webhook fits what is searched for.'));
    else if (rows.node.parentNode !== body) body.replaceChildren(rows.node);
    rows.set(shown, { ended: source.ended });
    return tell();
  }

  const redraw = debounce(draw, 120);
  search.addEventListener('input', redraw);
  wanted.addEventListener('change', draw);

  /** Somebody did something about one of them. */
  async function renew({ id }) {
    const now = await get(`webhooks/${encodeURIComponent(id)}/`);
    all = all.map((webhook) => (webhook.id === id ? now : webhook));
    draw();
  }

  /** Reads what is shown again, as long as that is one page. */
  async function refresh() {
    if (!source.ended || all.length > 100) return;
    const next = new Source();
    const read = [];
    while (!next.ended) read.push(...await next.next());
    const known = new Map(all.map((webhook) => [webhook.id, webhook]));
    const same = (webhook) => JSON.stringify(known.get(webhook.id)) === JSON.stringify(webhook);
    all = read.map((webhook) => (same(webhook) ? known.get(webhook.id) : webhook));
    source = next;
    draw();
  }

  if (all.length < 100) while (!source.ended) all = [...all, ...await source.next()];
  let rest = () => {};
  return {
    title: 'Webhooks',
    node: el('div', 'page',
      head('Webhooks', {
        lead: 'Which events go where.',
        actions: may('write') ? [recoverAll(), linkButton('New webhook', to('webhooks', 'new'), { sign: 'plus', kind: 'primary' })] : [],
      }),
      el('div', 'toolbar', search, wanted, count),
      body),
    begin() {
      draw();
      rows.begin();
      rest = keepUp(refresh);
    },
    end() {
      rows.end();
      rest();
    },
  };
}

function nothing() {
  return empty('No webhooks yet', 'A webhook says which events go to which channel. With one, the next event rings a bell.',
    ...(may('write') ? [linkButton('New webhook', to('webhooks', 'new'), { sign: 'plus', kind: 'primary' })] : []));
}

function row(webhook, changed) {
  const name = foreign('a', 'row-name', webhook.name);
  name.href = to('webhooks', webhook.id);
  name.dataset.main = '';
  const state = condition(webhook);
  const trouble = state === 'suspended' ? webhook.status_reason
    : state === 'failing' ? ['Failing since ', when(new Date(webhook.failing_since)), '.'] : null;
  return el('div', 'row',
    el('div', 'row-line', name, platform(webhook.type), foreign('span', 'soft', destination(webhook)),
      el('span', 'row-side', status(state))),
    el('div', 'row-more', ...(trouble ? [trouble].flat() : [subscription(webhook)])),
    state === 'suspended' && may('write')
      ? el('div', 'actions row-actions', rotateButton(webhook, changed, 'small'), enableButton(webhook, changed, 'It is fixed: switch on', 'small'))
      : null);
}
