// The first ten minutes: from the link that was printed to a message.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calm, Stage, TOKEN } from '../harness.mjs';

const stage = await Stage.start();

test('the printed link logs in once, and leaves no key in the address', async () => {
  const page = await stage.open('', { key: null, base: stage.logIn });
  await page.getByText('admin key · admin').waitFor();
  assert.equal(new URL(page.url()).hash, '#/');
  assert.ok(!page.requests.some((url) => url.includes(stage.key)));

  const other = await stage.browser.newContext();
  const late = await stage.open('', { key: null, base: stage.logIn, context: other, expects: [410] });
  await late.getByText(/^The link was used already/).waitFor();
  assert.equal(await late.getByText('admin key · admin').count(), 0);

  // A further tab of the same browser asks the first.
  const further = await stage.open('#/webhooks', { key: null, context: page.context() });
  await further.getByText('admin key · admin').waitFor();
  for (const seen of [page, late, further]) calm(seen);
});

test('a key is asked for, kept for the tab alone, and refused where it is wrong', async () => {
  const page = await stage.open('#/webhooks', { key: null, expects: [401] });
  await page.getByLabel('API key').fill('not-a-key');
  await page.keyboard.press('Enter');
  await page.getByText('unknown, expired or revoked', { exact: false }).waitFor();
  await page.getByLabel('API key').fill(stage.key);
  await page.keyboard.press('Enter');
  await page.getByText('No webhooks yet').waitFor();
  const kept = await page.evaluate(() => [localStorage.length, document.cookie, sessionStorage.length]);
  assert.deepEqual(kept, [0, '', 1]);
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.getByLabel('API key').waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  calm(page);
});

test('a newcomer makes a webhook, composes an event and sees its message', async () => {
  const page = await stage.open('', { expects: [400] });
  await page.getByText('All quiet').waitFor();
  await page.getByRole('link', { name: 'New webhook' }).click();

  // Faults stand at their fields, before anything is saved.
  await page.getByLabel('Bot token').fill('xoxb-x');
  await page.getByLabel('Name').fill('deployments');
  await page.getByText('is not a whole bot token', { exact: false }).waitFor();
  await page.getByLabel('Bot token').fill(TOKEN);
  await page.getByLabel('Channels').fill('deployments');
  await page.getByText('takes the credential', { exact: false }).waitFor();
  await page.getByRole('button', { name: 'Create webhook' }).click();
  await page.getByRole('heading', { name: 'deployments' }).waitFor();

  await page.getByRole('link', { name: 'Compose' }).click();
  await page.getByLabel('Resource’s name').fill('billing-db-2');
  await page.locator('.preview .card.slack').getByText('Deployed billing-db-2', { exact: false }).first().waitFor();
  await page.getByRole('button', { name: 'Publish' }).click();
  await page.locator('.steps').getByText('Delivered').waitFor();
  await page.getByRole('link', { name: 'Show the message' }).click();
  await page.locator('.post.found').getByText('billing-db-2', { exact: false }).first().waitFor();
  calm(page);
});
