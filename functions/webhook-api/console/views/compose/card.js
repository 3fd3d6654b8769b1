// A preview: the message as its platform shows it, how full the platform's limits are, or why it
// would not be sent.

import { el, link } from '../../core/dom.js';
import { message } from '../../core/message.js';
import { button, code, dialog, meter, notice } from '../../core/ui.js';

/** `opened` keeps, under `id`, whether somebody looks at the limits: previews are drawn anew all the time. */
export function card({ type: kind, would_send: sends, why_not: why, standard_form: standard, request, limits, builder_url: builder }, { name, id, opened }) {
  const fullest = [...limits].sort((a, b) => b.used / b.limit - a.used / a.limit);
  const usage = el('details', 'more usage', el('summary', '', fullest.length ? `Limits: fullest is ${fullest[0].what}, ${percent(fullest[0])}` : 'Request'),
    el('div', 'more-body',
      el('ul', 'meters', ...fullest.map(usageOf)),
      el('div', 'actions',
        button('The exact request', () => exact(name, request), { kind: 'small' }),
        builder ? link(builder, 'Open in Block Kit Builder') : null)));
  usage.open = Boolean(opened.get(id));
  usage.addEventListener('toggle', () => opened.set(id, usage.open));
  return [
    sends ? null : notice('', 'skip', el('p', '', el('span', 'strong', 'Would not be sent: '), why)),
    el('div', `card ${kind}`, message({ platform: kind, payload: request.body, sender: request.body.username ?? null, received_at: new Date().toISOString() })),
    standard ? notice('warn', 'warning', el('p', '', `In the standard form: ${standard}`)) : null,
    usage,
  ].filter(Boolean);
}

function exact(name, { method, url, headers, body }) {
  dialog(`${name}: the request`, el('div', 'stack',
    el('p', '', el('code', '', `${method} ${url}`)),
    code(Object.entries(headers).map(([key, value]) => `${key}: ${value}`).join('\n')),
    code(JSON.stringify(body, null, 2))));
}

const percent = ({ used, limit }) => `${Math.round((used / limit) * 100)} %`;

function usageOf({ what, used, limit }) {
  return el('li', '', el('span', '', what), meter(what, used, limit), el('span', 'soft small nowrap', `${used.toLocaleString()} of ${limit.toLocaleString()}`));
}
