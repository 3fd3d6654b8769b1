// The ledger of one webhook: what became of each event, newest first.

import { get, Pages, Refusal } from '../../core/api.js';
import { el, foreign, when } from '../../core/dom.js';
import { icon } from '../../core/icons.js';
import { empty, failure, plural, select, status } from '../../core/ui.js';
import { VirtualList } from '../../core/virtual.js';
import { channelsOf } from '../webhooks/kinds.js';
import { chart } from './chart.js';
import { took, timeline } from './timeline.js';

const STATUSES = [['', 'All'], ['delivered', 'Delivered'], ['failed', 'Failed'], ['skipped', 'Skipped'], ['retrying', 'Trying again'], ['pending', 'Waiting']];

export function deliveries(webhook) {
  const path = `webhooks/${encodeURIComponent(webhook.id)}/deliveries/`;
  const many = channelsOf(webhook).length > 1;
  const open = new Set();
  let pages;
  let known = [];

  const wanted = select(STATUSES);
  wanted.setAttribute('aria-label', 'Show deliveries that are');
  const count = el('span', 'count');
  const graph = el('div', '');
  const body = el('div', '');
  const rows = new VirtualList({
    key: ({ id }) => id, draw: row, label: 'Deliveries', estimate: 48,
    more: async () => {
      const mine = pages;
      const found = await mine.next();
      if (pages !== mine) return null;
      known = [...known, ...found];
      tell();
      return found;
    },
  });
  rows.onFault = (error) => body.append(failure(error));

  function tell() {
    count.textContent = pages.ended ? plural(known.length, 'delivery', 'deliveries') : `${known.length.toLocaleString()} so far`;
  }

  async function start() {
    const mine = new Pages(path, { status: wanted.value });
    pages = mine;
    const found = await mine.next();
    // Meanwhile somebody may have chosen another state.
    if (pages !== mine) return;
    known = found;
    draw();
  }

  function draw() {
    if (!known.length && pages.ended) {
      body.replaceChildren(wanted.value
        ? empty('None', 'No delivery of this webhook is in this state.')
        : empty('Nothing yet', 'As soon as an event matches this webhook, its delivery shows up here with every attempt.'));
    } else if (rows.node.parentNode !== body) {
      body.replaceChildren(rows.node);
    }
    rows.set(known, { ended: pages.ended });
    if (!wanted.value) graph.replaceChildren(...[chart(known.slice(0, 60))].filter(Boolean));
    tell();
  }

  /** Reads the newest again and puts them before, or in the place of, what is known. */
  async function refresh() {
    if (!pages) return undefined;
    const { results, next } = await get(path, { query: { status: wanted.value, limit: 50 } });
    const before = new Map(known.map((delivery) => [delivery.id, delivery]));
    // So many came meanwhile that there is a gap.
    if (next && known.length && !results.some(({ id }) => before.has(id))) return start();
    const fresh = results.map((delivery) => {
      const old = before.get(delivery.id);
      before.delete(delivery.id);
      return old && JSON.stringify(old) === JSON.stringify(delivery) ? old : delivery;
    });
    // Whatever is older than the oldest that was read stays.
    const oldest = results.at(-1)?.created_at ?? '';
    const rest = known.filter(({ id, created_at: at }) => before.has(id) && next && at <= oldest);
    if (fresh.length + rest.length === known.length && fresh.every((delivery, index) => delivery === known[index])) return undefined;
    known = [...fresh, ...rest];
    return draw();
  }

  wanted.addEventListener('change', start);

  function row(delivery) {
    const isOpen = open.has(delivery.id);
    const main = el('button', 'row-open', icon(isOpen ? 'down' : 'right'), el('span', '', delivery.event_type));
    main.type = 'button';
    main.dataset.main = '';
    main.setAttribute('aria-expanded', String(isOpen));
    main.addEventListener('click', () => {
      if (!open.delete(delivery.id)) open.add(delivery.id);
      toggle(delivery);
    });
    const at = new Date(delivery.created_at);
    const more = delivery.attempts.length > 1 ? `${delivery.attempts.length} attempts` : null;
    return el('div', `row delivery${isOpen ? ' open' : ''}`,
      el('div', 'row-line row-head', main, status(delivery.status),
        many ? foreign('span', 'soft', `#${delivery.channel}`) : null,
        delivery.possible_duplicate ? el('span', 'soft small', 'may have been shown twice') : null,
        el('span', 'row-side', more, took(delivery), when(at))),
      delivery.reason && !isOpen ? el('div', 'row-more', delivery.reason) : null,
      isOpen ? timeline(delivery, { webhook: null, changed: refresh }) : null);
  }

  function toggle(delivery) {
    const fresh = { ...delivery };
    known = known.map((other) => (other.id === delivery.id ? fresh : other));
    rows.update(fresh);
  }

  return {
    node: el('div', '', graph, el('div', 'toolbar', wanted, count), body),
    refresh,
    begin() {
      rows.begin();
      start().catch((error) => {
        if (error instanceof Refusal) body.replaceChildren(failure(error));
        else throw error;
      });
    },
    end: () => rows.end(),
  };
}
