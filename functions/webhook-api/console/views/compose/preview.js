// What each webhook would make of an event: the message as its platform shows it, how full the
// platform's limits are, or why it would not be sent.

import { post } from '../../core/api.js';
import { el, foreign, link } from '../../core/dom.js';
import { to } from '../../core/router.js';
import { code, details, dialog, button, empty, linkButton, notice, platform, plural } from '../../core/ui.js';
import { may } from '../../core/session.js';
import { message } from '../../core/message.js';

/** As many are drawn at once. */
const MOST = 6;

export function preview() {
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
    const boxes = drawn.map(([result, answer]) => box(result, answer, shown));
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

function box(result, answer, shown) {
  if (answer instanceof Error) return el('article', '', name(result), notice('bad', 'warning', el('p', '', answer.message)));
  const { type: kind, request, limits, builder_url: builder, why_not: why } = answer;
  const fullest = [...limits].sort((a, b) => b.used / b.limit - a.used / a.limit);
  const open = shown.get(result.webhook_id);
  const usage = el('details', 'more usage', el('summary', '', fullest.length ? `Limits: fullest is ${fullest[0].what}, ${percent(fullest[0])}` : 'Request'),
    el('div', 'more-body',
      el('ul', 'meters', ...fullest.map(meter)),
      el('div', 'actions',
        button('The exact request', () => dialog(`${result.name}: the request`, el('div', 'stack', el('p', '', el('code', '', `${request.method} ${request.url}`)),
          code(Object.entries(request.headers).map(([key, value]) => `${key}: ${value}`).join('\n')), code(JSON.stringify(request.body, null, 2)))), { kind: 'small' }),
        builder ? link(builder, 'Open in Block Kit Builder') : null)));
  usage.open = Boolean(open);
  usage.addEventListener('toggle', () => shown.set(result.webhook_id, usage.open));
  return el('article', `preview${result.would_send ? '' : ' off'}`,
    el('header', 'row-line', name(result), platform(kind)),
    result.would_send ? null : notice('', 'skip', el('p', '', el('span', 'strong', 'Would not be sent: '), why ?? result.why_not)),
    el('div', `card ${kind}`, message({ platform: kind, payload: request.body, sender: request.body.username ?? null, received_at: new Date().toISOString() })),
    answer.standard_form ? notice('warn', 'warning', el('p', '', `In the standard form: ${answer.standard_form}`)) : null,
    usage);
}

const percent = ({ used, limit }) => `${Math.round((used / limit) * 100)} %`;

function meter(usage) {
  const bar = el('meter', '');
  Object.assign(bar, { max: usage.limit, value: usage.used, high: usage.limit * 0.9 });
  bar.setAttribute('aria-label', usage.what);
  return el('li', '', el('span', '', usage.what), bar, el('span', 'soft small nowrap', `${usage.used.toLocaleString()} of ${usage.limit.toLocaleString()}`));
}
