// A token is revoked: the webhook is suspended, somebody replaces the token and recovers.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calm, slack, Stage } from '../harness.mjs';

const stage = await Stage.start();

test('a revoked token is seen, replaced, and what was missed is recovered', async () => {
  await stage.webhook({ ...slack('quiet'), configuration: { token: 'xoxb-another-made-up-token', channel: 'other' } });
  const webhook = await stage.webhook(slack('prod alerts'));
  await stage.publish({ type: 'deploy', message: 'before' });
  await stage.until(`webhooks/${webhook.id}/deliveries/`, ({ results }) => results[0]?.status === 'delivered');
  await stage.stand('infra', 'revoked');
  for (const message of ['first', 'second']) await stage.publish({ type: 'error', status: 'failed', message });
  await stage.until(`webhooks/${webhook.id}/`, ({ status }) => status === 'suspended');

  const page = await stage.open('#/webhooks');
  const first = page.getByRole('listitem').first();
  await first.getByText('Suspended').waitFor();
  await first.getByText('The token was revoked', { exact: false }).waitFor();
  await first.getByRole('link', { name: 'prod alerts' }).click();
  await page.getByText('nothing is sent until this is fixed', { exact: false }).waitFor();
  await page.getByRole('button', { name: 'Replace the credential' }).click();
  const asked = page.getByRole('dialog');
  await asked.getByLabel('Bot token').fill('xoxb-new-made-up-token');
  await asked.getByRole('button', { name: 'Replace' }).click();

  // What was missed is counted before it is sent.
  const recovery = page.getByRole('dialog', { name: 'Recover prod alerts' });
  await recovery.getByText('2 deliveries to send.').waitFor();
  await recovery.getByRole('button', { name: 'Send them' }).click();
  await page.getByText('2 deliveries will be sent', { exact: false }).waitFor();
  await page.locator('.head').getByText('Active').waitFor();
  await stage.until(`webhooks/${webhook.id}/deliveries/`, ({ results }) => results.every(({ status }) => status === 'delivered'));
  await page.getByRole('listitem').first().getByText('Delivered').waitFor();
  calm(page);
});

test('a channel that is well again says that its webhook is still suspended', async () => {
  const page = await stage.open('#/channels');
  const webhook = (await stage.api('GET', 'webhooks/?name=prod+alerts')).results[0];
  await stage.stand('infra', 'archived');
  await stage.publish({ type: 'error', message: 'third' });
  await stage.until(`webhooks/${webhook.id}/`, ({ status }) => status === 'suspended');
  await page.getByRole('link', { name: /^#infra/ }).click();
  const standing = page.getByLabel('How infra stands', { exact: false }).first();
  await page.waitForFunction(() => document.querySelector('.conversation-head select')?.value === 'archived');
  // Whoever chooses it with the keyboard stays there.
  await standing.focus();
  await standing.selectOption('open');
  await page.getByText('is still suspended', { exact: false }).first().waitFor();
  await page.getByRole('button', { name: 'Switch it on' }).first().click();
  await stage.until(`webhooks/${webhook.id}/`, ({ status }) => status === 'active');
  await page.getByText('is still suspended', { exact: false }).waitFor({ state: 'detached' });
  calm(page);
});

test('a webhook is mended in the list, by the keyboard alone', async () => {
  await stage.stand('infra', 'archived');
  const webhook = (await stage.api('GET', 'webhooks/?name=prod+alerts')).results[0];
  await stage.publish({ type: 'error', message: 'fourth' });
  await stage.until(`webhooks/${webhook.id}/`, ({ status }) => status === 'suspended');
  await stage.stand('infra', 'open');
  const page = await stage.open('#/webhooks');
  const first = page.getByRole('listitem').first();
  await first.getByText('Suspended').waitFor();
  await page.keyboard.press('j');
  await first.getByRole('link', { name: 'prod alerts' }).and(page.locator(':focus')).waitFor();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await first.getByRole('button', { name: 'switch on' }).and(page.locator(':focus')).waitFor();
  await page.keyboard.press('Enter');
  const recovery = page.getByRole('dialog', { name: 'Recover prod alerts' });
  await recovery.getByRole('button', { name: 'Send them' }).click();
  await page.getByText('will be sent', { exact: false }).waitFor();
  await page.getByRole('listitem').filter({ hasText: 'prod alerts' }).getByText('Active').waitFor();
  calm(page);
});

test('an event that matched nobody says why, for each webhook', async () => {
  await stage.webhook({ ...slack('only production', { token: 'xoxb-third-made-up-token' }), filters: { environment: ['production'] }, event_types: ['scale'] });
  const { results } = await stage.api('GET', 'webhooks/');
  for (const { id, name } of results) if (name !== 'only production') await stage.api('DELETE', `webhooks/${id}/`);
  const { id } = await stage.publish({ type: 'scale', environment: 'staging' });
  const page = await stage.open(`#/events/${id}`);
  await page.getByText('Nobody was told.').waitFor();
  const why = page.locator('section', { hasText: 'Webhooks that do not get it' });
  assert.match(await why.textContent(), /only production.*staging/);
  calm(page);
});
