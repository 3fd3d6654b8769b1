// How many webhooks and keys the organization has, and may have.

import { get, Pages } from '../core/api.js';
import { offers } from '../core/document.js';
import { el } from '../core/dom.js';
import { to } from '../core/router.js';
import * as session from '../core/session.js';
import { meter, notice } from '../core/ui.js';

const NAMES = { webhooks: ['Webhooks', to('webhooks')], api_keys: ['API keys'] };

/** From here on somebody should know. */
const NEARLY = 0.9;

/** Where the API does not tell them, what can be counted: `limit` is not known then. */
async function counted() {
  const count = async (path) => {
    const pages = new Pages(path);
    let all = 0;
    while (!pages.ended) all += (await pages.next()).length;
    return all;
  };
  const made = [{ quota: 'webhooks', used: await count('webhooks/') }];
  if (session.me().role === 'admin') made.push({ quota: 'api_keys', used: await count('api-keys/') });
  return made;
}

export async function quotas() {
  const isTold = await offers('get', 'quotas/');
  const results = isTold ? (await get('quotas/')).results : await counted();
  return {
    node: el('section', 'panel stack',
      el('ul', 'stack', ...results.map(row)),
      isTold ? null : el('p', 'soft', 'Unless whoever runs Carillon decided otherwise, there may be 1,000 webhooks and 100 keys.')),
    begin() {},
    end() {},
  };
}

function row({ quota, used, limit }) {
  const [name, address] = NAMES[quota] ?? [quota.replaceAll('_', ' ')];
  const shown = el(address ? 'a' : 'span', 'strong', name);
  if (address) shown.href = address;
  if (limit === undefined) return el('li', 'row-line', shown, el('span', '', used.toLocaleString()));
  return el('li', 'stack tight',
    el('div', 'row-line', shown, el('span', 'row-side', `${used.toLocaleString()} of ${limit.toLocaleString()}`)),
    meter(name, used, limit),
    used < limit * NEARLY ? null : notice('warn', 'warning', el('p', '', used < limit
      ? 'There is little room left. Remove what is not needed, or ask whoever runs Carillon for more.'
      : 'It is used up: no more can be made. Remove what is not needed, or ask whoever runs Carillon for more.')));
}
