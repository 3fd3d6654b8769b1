// What each webhook would make of an event.

import { get, post } from '../../core/api.js';
import { el, foreign } from '../../core/dom.js';
import { to } from '../../core/router.js';
import { button, details, empty, linkButton, notice, platform, plural } from '../../core/ui.js';
import { may } from '../../core/session.js';
import { KINDS } from '../webhooks/kinds.js';
import { card } from './card.js';

/** As many are drawn at once. */
const MOST = 6;

/** `changed` is told when a webhook's words are others. */
export function preview(changed) {
  const node = el('section', 'stack previews');
  node.setAttribute('aria-label', 'Preview');
  const shown = new Map();

  async function show(results, event, isWanted) {
    if (!results.length) {
      node.replaceChildren(empty('No webhooks yet', 'With a webhook, its message shows here.',
        ...(may('write') ? [linkButton('New webhook', to('webhooks', 'new'), { sign: 'plus' })] : [])));
      return;
    }
    // Those that would send it come first.
    const sorted = [...results].sort((a, b) => Number(b.would_send) - Number(a.would_send));
    const sending = results.filter(({ would_send: would }) => would).length;
    const drawn = await Promise.all(sorted.slice(0, MOST).map(async (result) => {
      try {
        return [result, await post(`webhooks/${encodeURIComponent(result.webhook_id)}/preview/`, event)];
      } catch (error) {
        return [result, error];
      }
    }));
    if (!isWanted()) return;
    const boxes = drawn.map(([result, answer]) => box(result, answer, { opened: shown, event, changed }));
    const rest = sorted.slice(MOST);
    node.replaceChildren(
      el('p', 'soft', `${plural(sending, 'webhook')} of ${results.length} would send it.`),
      ...boxes,
      rest.length ? details(`${plural(rest.length, 'further webhook')}`, el('ul', 'stack', ...rest.map((result) => el('li', '', name(result), ' ', el('span', 'soft', result.why_not ?? 'would send it'))))) : '');
  }

  const none = () => node.replaceChildren(el('p', 'soft', 'Previews need a key that may read webhooks.'));
  return { node, show, none };
}

function name({ webhook_id: id, name: text }) {
  const made = foreign('a', 'strong', text);
  made.href = to('webhooks', id);
  return made;
}

function box(result, answer, { opened, event, changed }) {
  if (answer instanceof Error) return el('article', '', name(result), notice('bad', 'warning', el('p', '', answer.message)));
  return el('article', `preview${result.would_send ? '' : ' off'}`,
    el('header', 'row-line', name(result), platform(answer.type), takesWords(answer.type) ? edit(result.webhook_id, event, changed) : null),
    ...card(answer, { name: result.name, id: result.webhook_id, opened }));
}

const takesWords = (type) => may('write') && KINDS.some((kind) => kind.type === type && kind.mentions);

function edit(id, event, changed) {
  const made = button('Edit its words', async () => {
    const [{ editWords }, webhook] = await Promise.all([import('../words/index.js'), get(`webhooks/${encodeURIComponent(id)}/`)]);
    await editWords(webhook, event, changed);
  }, { sign: 'pen', kind: 'small' });
  return el('span', 'row-side', made);
}
