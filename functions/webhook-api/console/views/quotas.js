// How many webhooks and keys the organization has, and may have.

import { get } from '../core/api.js';
import { el } from '../core/dom.js';
import { to } from '../core/router.js';
import { meter, notice } from '../core/ui.js';

const NAMES = { webhooks: ['Webhooks', to('webhooks')], api_keys: ['API keys'] };

/** From here on somebody should know. */
const NEARLY = 0.9;

export async function quotas() {
  const { results } = await get('quotas/');
  return {
    node: el('section', 'panel stack', el('ul', 'stack', ...results.map(row))),
    begin() {},
    end() {},
  };
}

function row({ quota, used, limit }) {
  const [name, address] = NAMES[quota] ?? [quota.replaceAll('_', ' ')];
  const shown = el(address ? 'a' : 'span', 'strong', name);
  if (address) shown.href = address;
  return el('li', 'stack tight',
    el('div', 'row-line', shown, el('span', 'row-side', `${used.toLocaleString()} of ${limit.toLocaleString()}`)),
    meter(name, used, limit),
    used < limit * NEARLY ? null : notice('warn', 'warning', el('p', '', used < limit
      ? 'There is little room left. Remove what is not needed, or ask whoever runs Carillon for more.'
      : 'It is used up: no more can be made. Remove what is not needed, or ask whoever runs Carillon for more.')));
}
