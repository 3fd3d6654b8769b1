// The message that words give, while one types: with an event that is given, or with a sample.

import { get, post, Refusal } from '../../core/api.js';
import { el, prose } from '../../core/dom.js';
import { debounce, notice, select } from '../../core/ui.js';
import { card } from '../compose/card.js';
import { eventTypes } from '../webhooks/choices.js';

const STATUSES = [['', 'As in the sample'], ['started', 'started'], ['succeeded', 'succeeded'], ['failed', 'failed']];
/** What the server gives an event; nobody publishes it. */
const GIVEN = ['id', 'organization', 'received_at', 'occurred_at'];
const LATEST = 'latest';

/** What an event has that somebody can publish. */
export const published = (event) => Object.fromEntries(Object.entries(event)
  .filter(([name, value]) => !GIVEN.includes(name) && value !== null && value !== false));

/** The first type that the webhook gets. */
const usual = (types, wanted) => (types.find(({ type }) => wanted.includes(type)) ?? types.find(({ type }) => type === 'deploy') ?? types[0]).type;

/** Which event the preview is of: `{ node, event(), values() }`. */
async function choice(wanted) {
  const [types, { results: [latest] }] = await Promise.all([eventTypes(), get('events/', { query: { limit: 1 } })]);
  const type = select([...(latest ? [[LATEST, 'The latest event']] : []), ...types.map((one) => [one.type, one.type])], usual(types, wanted));
  const status = select(STATUSES, '');
  type.setAttribute('aria-label', 'Previewed event');
  status.setAttribute('aria-label', 'Its status');
  const entry = () => types.find((one) => one.type === type.value);
  const hide = () => { status.hidden = !entry()?.publishable; };
  type.addEventListener('change', hide);
  hide();
  const values = () => ({ ...(type.value === LATEST ? latest : entry().sample), ...(status.value && !status.hidden ? { status: status.value } : {}) });
  return {
    node: el('div', 'toolbar', type, status),
    values,
    event() {
      if (type.value === LATEST) return { event_id: latest.id };
      return entry().publishable ? published(values()) : { sample: type.value };
    },
  };
}

/**
 * `webhook()` is the one to preview; `tell(faults)` gets those of its words; `named(event)` gets the
 * event whenever it is another.
 */
export async function shown({ webhook, event, tell, named }) {
  const chosen = event ? { node: null, event: () => event, values: () => event } : await choice(webhook().event_types);
  const area = el('div', 'preview');
  area.setAttribute('role', 'status');
  const opened = new Map();
  let turn = 0;

  async function look() {
    const mine = ++turn;
    const wanted = webhook();
    try {
      const answer = await post('preview/', { webhook: wanted, event: chosen.event() });
      if (mine !== turn) return;
      tell([]);
      area.replaceChildren(...card(answer, { name: wanted.name, id: '', opened }));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (mine !== turn) return;
      const ours = error.faults.filter(({ pointer }) => pointer.startsWith('/webhook/message'));
      const others = error.faults.filter((fault) => !ours.includes(fault));
      tell(ours.map(({ pointer, detail }) => ({ pointer: pointer.slice('/webhook/message'.length), detail })));
      // The last message stays: it is the one that one is changing.
      if (others.length || !ours.length) {
        area.replaceChildren(notice('', 'warning', el('p', '', 'There is no preview yet:'),
          ...(others.length ? others.map(({ pointer, detail }) => el('p', '', el('code', '', pointer.replace('/webhook', '')), ' ', ...prose(detail))) : [el('p', '', ...prose(error.message))])));
      }
    }
  }

  chosen.node?.addEventListener('change', () => {
    named(chosen.values());
    look();
  });
  named(chosen.values());
  look();
  return { node: el('div', 'words-shown stack', el('h3', '', 'What it looks like'), chosen.node, area), look: debounce(look, 250) };
}
