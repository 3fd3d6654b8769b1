// The organization's latest events, each with its outcome.

import { get, Pages } from '../../core/api.js';
import { el, foreign, when } from '../../core/dom.js';
import { keepUp } from '../../core/live.js';
import { here, note, to } from '../../core/router.js';
import { may } from '../../core/session.js';
import { debounce, details, empty, failure, head, input, linkButton, select, status } from '../../core/ui.js';
import { VirtualList } from '../../core/virtual.js';
import { eventTypes } from '../webhooks/choices.js';
import { outcome } from './outcome.js';

const FILTERS = ['type', 'status', 'environment', 'project', 'actor', 'correlation_id', 'since', 'until'];

export async function list() {
  const types = await eventTypes();
  const { query } = here();
  const controls = {
    type: select([['', 'All types'], ...types.map(({ type }) => [type, type])], query.get('type') ?? ''),
    status: select([['', 'Any status'], ['started', 'started'], ['succeeded', 'succeeded'], ['failed', 'failed']], query.get('status') ?? ''),
    environment: input({ type: 'search', placeholder: 'Environment', value: query.get('environment') ?? '' }),
    project: input({ placeholder: 'Project', value: query.get('project') ?? '' }),
    actor: input({ placeholder: 'Who', value: query.get('actor') ?? '' }),
    correlation_id: input({ placeholder: 'Correlation', value: query.get('correlation_id') ?? '' }),
    since: input({ type: 'datetime-local', value: query.get('since') ?? '' }),
    until: input({ type: 'datetime-local', value: query.get('until') ?? '' }),
  };
  for (const [name, control] of Object.entries(controls)) {
    control.setAttribute('aria-label', name.replace('_', ' '));
    control.title = name.replace('_', ' ');
  }
  const body = el('div', '');
  const outcomes = new Map();
  let pages;
  let known = [];

  const rows = new VirtualList({
    key: ({ id }) => id, label: 'Events', estimate: 66, draw: row,
    more: async () => {
      const mine = pages;
      const found = await mine.next();
      if (pages !== mine) return null;
      known = [...known, ...found];
      return found;
    },
  });
  rows.onFault = (error) => body.append(failure(error));

  function wanted() {
    const value = (name) => controls[name].value.trim();
    const time = (name) => (value(name) ? new Date(value(name)).toISOString() : '');
    return Object.fromEntries(FILTERS.map((name) => [name, name === 'since' || name === 'until' ? time(name) : value(name)]));
  }

  async function start() {
    note(Object.fromEntries(FILTERS.map((name) => [name, controls[name].value.trim()])));
    try {
      const mine = new Pages('events/', wanted());
      pages = mine;
      const found = await mine.next();
      // Meanwhile somebody may have asked for others.
      if (pages !== mine) return;
      known = found;
      draw();
    } catch (error) {
      body.replaceChildren(failure(error));
    }
  }

  function draw() {
    if (!known.length && pages.ended) {
      const some = Object.values(wanted()).some(Boolean);
      body.replaceChildren(some ? empty('Nothing found', 'No event fits these filters.')
        : empty('No events yet', 'They come from your CLI, from tables, from AWS, or from here.', ...(may('publish') ? [linkButton('Compose an event', to('compose'), { kind: 'primary' })] : [])));
      return;
    }
    if (rows.node.parentNode !== body) body.replaceChildren(rows.node);
    rows.set(known, { ended: pages.ended });
  }

  async function refresh() {
    if (!pages || rows.scroller.scrollTop > 400) return;
    const { results } = await get('events/', { query: { ...wanted(), limit: 30 } });
    const ids = new Set(known.map(({ id }) => id));
    const news = results.filter(({ id }) => !ids.has(id));
    if (!news.length) return;
    known = [...news, ...known].sort((a, b) => b.occurred_at.localeCompare(a.occurred_at));
    draw();
  }

  function row(event) {
    const name = foreign('a', 'row-name', title(event));
    name.href = to('events', event.id);
    name.dataset.main = '';
    const at = new Date(event.occurred_at);
    const place = [event.project, event.environment].filter(Boolean).join(' / ');
    return el('div', 'row',
      el('div', 'row-line', name, event.status ? status(event.status) : null, event.dry_run ? el('span', 'soft small', 'dry run') : null,
        el('span', 'row-side', when(at))),
      el('div', 'row-line row-more', foreign('span', '', [place, event.actor].filter(Boolean).join(' · ')), el('span', 'row-side', outcome(event.id, outcomes))));
  }

  const again = debounce(start, 350);
  for (const control of Object.values(controls)) control.addEventListener(control.tagName === 'SELECT' ? 'change' : 'input', again);
  const { type, status: state, environment, ...others } = controls;
  const more = details('More filters', el('div', 'toolbar', ...Object.values(others)));
  more.open = Object.values(others).some(({ value }) => value);
  let rest = () => {};
  return {
    title: 'Events',
    node: el('div', 'page',
      head('Events', { lead: 'What happened, newest first, and who was told.', actions: may('publish') ? [linkButton('Compose', to('compose'), { sign: 'pen' })] : [] }),
      el('div', 'toolbar', type, state, environment), more, body),
    begin() {
      rows.begin();
      start();
      rest = keepUp(refresh);
    },
    end() {
      rows.end();
      rest();
    },
  };
}

/** An event in a few words. */
export function title({ type, resource, message }) {
  const what = resource?.name ?? resource?.id ?? (message ? message.split('\n')[0].slice(0, 120) : '');
  return what ? `${type} · ${what}` : type;
}
