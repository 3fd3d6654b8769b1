// Webhooks: the list, one, a new one, one being changed.

import { get } from '../../core/api.js';

export async function show([id, what], query) {
  if (!id) return (await import('./list.js')).list();
  const { form } = await import('./form.js');
  if (id === 'new') return form(null, query);
  const webhook = await get(`webhooks/${encodeURIComponent(id)}/`);
  if (what === 'edit') return form(webhook, query);
  return (await import('./detail.js')).detail(webhook, query);
}
