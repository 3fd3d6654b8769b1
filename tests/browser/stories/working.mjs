// Every day's work: compose, declare, look, as an editor and as a viewer, and behind a proxy.

import assert from 'node:assert/strict';
import { createServer, request } from 'node:http';
import { after, test } from 'node:test';
import { calm, DISCORD, slack, Stage, TEAMS, TOKEN } from '../harness.mjs';

const stage = await Stage.start();

test('an event is previewed for every platform, with its limits, and copied as commands', async () => {
  const bodies = [
    slack('slack'),
    { name: 'discord', type: 'discord', event_types: ['*'], configuration: { webhook_url: DISCORD } },
    { name: 'teams', type: 'teams', event_types: ['*'], configuration: { webhook_url: TEAMS } },
    { name: 'signed', type: 'webhook', event_types: ['*'], configuration: { url: 'https://x.example.com/h' } },
    { ...slack('staging only'), filters: { environment: ['staging'] } },
  ];
  for (const body of bodies) await stage.webhook(body);
  const page = await stage.open('#/compose', { expects: [400] });
  await page.getByText('4 webhooks of 5 would send it.').waitFor();
  for (const platform of ['slack', 'discord', 'teams', 'webhook']) {
    const card = page.locator(`.preview:not(.off) .card.${platform}`);
    assert.match(await card.textContent(), /billing-db/, platform);
  }
  await page.locator('.preview.off').getByText('Would not be sent', { exact: false }).waitFor();
  await page.locator('.usage summary').first().click();
  await page.locator('meter').first().waitFor();

  await page.getByRole('button', { name: 'Copy as …' }).click();
  const dialog = page.getByRole('dialog');
  const copied = await dialog.textContent();
  assert.match(copied, /carillon send 'deploy'/);
  assert.ok(copied.includes('$CARILLON_KEY') && !copied.includes(stage.key));
  await page.keyboard.press('Escape');

  await page.getByRole('button', { name: 'JSON or YAML' }).click();
  const text = page.getByLabel('The event as text');
  await text.fill('{"type": "deplo"}');
  await page.getByText('did you mean', { exact: false }).waitFor();
  await text.fill('{"specversion": "1.0", "id": "1", "source": "/ci", "type": "deploy", "data": {"message": "from a cloud event"}}');
  await page.locator('.preview .card.slack').getByText('from a cloud event', { exact: false }).first().waitFor();
  await page.getByRole('button', { name: 'Publish' }).click();
  await page.getByRole('heading', { name: /deploy/ }).first().waitFor();
  calm(page);
});

test('a file is planned, its faults stand at their lines, and it is applied', async () => {
  const page = await stage.open('#/declare', { expects: [400] });
  const file = page.getByLabel('The file', { exact: true });
  await file.fill('notifications:\n  work:\n    provider: slack\n    chanels: ["#x"]\n');
  await page.getByRole('button', { name: 'Line 4' }).click();
  const chosen = await file.evaluate((area) => area.value.slice(area.selectionStart, area.selectionEnd));
  assert.match(chosen, /chanels/);
  await file.fill(`notifications:\n  work:\n    provider: slack\n    token: ${TOKEN}\n    channels: ["#x"]\n`);
  await page.getByText('1 webhook would change').waitFor();
  await page.getByRole('button', { name: 'Apply' }).click();
  await page.getByText('Everything is as the file says').waitFor();
  await page.goto(`${stage.url}#/activity`);
  await page.getByText('created the webhook').first().waitFor();
  calm(page);
});

test('only a plan that was seen is applied, however slow the API is', async () => {
  await stage.webhook(slack('not in the file'));
  const page = await stage.open('#/declare');
  let answer = () => {};
  const held = new Promise((found) => { answer = found; });
  const file = page.getByLabel('The file', { exact: true });
  const apply = page.getByRole('button', { name: 'Apply', exact: true });
  await file.fill(`notifications:\n  seen:\n    provider: slack\n    token: ${TOKEN}\n    channels: ["#x"]\n`);
  await page.getByText('1 webhook would change').waitFor();
  await page.route('**/notifications/**', async (route) => {
    await held;
    await route.continue();
  });
  await page.getByLabel('Remove webhooks that the file does not name').check();
  assert.ok(await apply.isDisabled());
  answer();
  await page.getByText('not in the file').first().waitFor();
  await apply.click();
  await page.getByRole('dialog').getByText('not in the file', { exact: false }).waitFor();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await file.press('End');
  await file.pressSequentially(' ');
  assert.ok(await apply.isDisabled());
  calm(page);
});

test('a dry run stays one, and nothing that has no field is lost', async () => {
  const page = await stage.open('#/compose');
  await page.getByRole('button', { name: 'JSON or YAML' }).click();
  await page.getByLabel('The event as text').fill('{"type": "deploy", "dry_run": true, "occurred_at": "2026-11-21T10:15:00Z", "message": "told only"}');
  await page.getByRole('button', { name: 'Fields' }).click();
  assert.ok(await page.getByLabel('Dry run', { exact: false }).isChecked());
  await page.getByLabel('Event type').selectOption('destroy');
  assert.equal(await page.getByLabel('Message').inputValue(), 'told only');
  await page.getByRole('button', { name: 'Copy as …' }).click();
  assert.match(await page.getByRole('dialog').textContent(), /--as-dry-run/);
  await page.keyboard.press('Escape');
  const sent = page.waitForRequest((request) => request.method() === 'POST' && request.url().endsWith('/events/'));
  await page.getByRole('button', { name: 'Publish' }).click();
  const event = (await sent).postDataJSON();
  assert.deepEqual([event.type, event.dry_run, event.occurred_at], ['destroy', true, '2026-11-21T10:15:00Z']);
  calm(page);
});

test('an edit that is saved before its options came removes none of them', async () => {
  const { id } = await stage.webhook({ name: 'with headers', type: 'webhook', event_types: ['*'], configuration: { url: 'https://x.example.com/i', headers: { 'x-a': 'fake-value-of-tests' } } });
  const page = await stage.open(`#/webhooks/${id}/edit`);
  let answer = () => {};
  const held = new Promise((found) => { answer = found; });
  await page.route('**/openapi.json', async (route) => {
    await held;
    await route.continue();
  });
  await page.getByText('More options').click();
  const sent = page.waitForRequest((request) => request.method() === 'PATCH');
  await page.getByRole('button', { name: 'Save' }).click();
  assert.ok((await sent).postDataJSON().configuration.headers['x-a']);
  answer();
  calm(page);
});

test('the quotas say how much of them is used', async () => {
  const page = await stage.open('#/activity');
  await page.getByRole('link', { name: 'Quotas' }).click();
  const { results } = await stage.api('GET', 'webhooks/');
  await page.getByRole('listitem').filter({ hasText: 'Webhooks' }).getByText(new RegExp(`^${results.length}\\b`)).waitFor();
  await page.getByRole('listitem').filter({ hasText: 'API keys' }).waitFor();
  calm(page);
});

test('a viewer sees and is offered nothing to change', async () => {
  const { key } = await stage.api('POST', 'api-keys/', { name: 'looker', role: 'viewer' });
  const page = await stage.open('#/webhooks', { key });
  await page.getByText('looker · viewer').waitFor();
  await page.getByRole('link', { name: 'slack', exact: true }).click();
  await page.getByRole('heading', { name: 'slack' }).waitFor();
  for (const name of ['Send a test', 'Edit', 'Switch off', 'Recover']) {
    assert.equal(await page.getByText(name, { exact: true }).count(), 0, name);
  }
  assert.deepEqual(await page.locator('.nav-link').allTextContents(), ['Channels', 'Webhooks', 'Events', 'Activity', 'API']);
  calm(page);
});

test('the console works below any path of a proxy', async () => {
  const to = new URL(stage.url);
  const proxy = createServer((asked, answer) => {
    if (!asked.url.startsWith('/tools/carillon/')) {
      answer.writeHead(404).end();
      return;
    }
    const path = asked.url.slice('/tools/carillon'.length);
    const headers = { ...asked.headers, host: to.host };
    for (const name of ['origin', 'referer', 'sec-fetch-site']) delete headers[name];
    asked.pipe(request({ host: to.hostname, port: to.port, path, method: asked.method, headers }, (said) => {
      answer.writeHead(said.statusCode, said.headers);
      said.pipe(answer);
    }));
  });
  await new Promise((ready) => { proxy.listen(0, '127.0.0.1', ready); });
  after(() => proxy.close());
  const base = `http://127.0.0.1:${proxy.address().port}/tools/carillon/`;
  const page = await stage.open('#/webhooks', { base });
  await page.getByRole('link', { name: 'slack', exact: true }).click();
  await page.getByRole('heading', { name: 'slack' }).waitFor();
  await page.getByRole('link', { name: 'Channels' }).click();
  await page.locator('.post').first().waitFor();
  assert.ok(page.requests.every((url) => url.startsWith(base)), page.requests.find((url) => !url.startsWith(base)));
  calm(page);
  proxy.closeAllConnections();
});

test('everything can be reached by the keyboard', async () => {
  const page = await stage.open('#/webhooks');
  await page.getByRole('link', { name: 'slack', exact: true }).waitFor();
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  const chosen = await page.evaluate(() => document.activeElement.textContent);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: chosen, exact: true }).waitFor();
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keyboard' }).getByText('g then h', { exact: false }).waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('g');
  await page.keyboard.press('e');
  await page.getByRole('heading', { name: 'Events' }).waitFor();
  await page.keyboard.press('/');
  assert.equal(await page.evaluate(() => document.activeElement.type), 'search');
  calm(page);
});

test('the reference shows every call of the document, with samples in three languages', async () => {
  const page = await stage.open('#/reference', { key: null });
  const { paths } = await stage.api('GET', 'openapi.json');
  const calls = Object.values(paths).reduce((count, item) => count + Object.keys(item).length, 0);
  await page.locator('.call-link').first().waitFor();
  assert.equal(await page.locator('.call-link').count(), calls);
  await page.getByLabel('Search calls').fill('post /api/v1/webhooks/');
  await page.waitForFunction((all) => document.querySelectorAll('.call-link').length < all, calls);
  await page.locator('.call-link', { hasText: /^POST\/webhooks\/$/ }).click();
  await page.getByRole('heading', { name: 'Registers a webhook.' }).waitFor();
  const shown = {};
  for (const name of ['curl', 'Python', 'TypeScript']) {
    await page.getByRole('button', { name }).click();
    shown[name] = await page.locator('.code-box pre').first().textContent();
  }
  assert.match(shown.curl, /^curl -X POST/);
  assert.equal(await page.getByText('Needs no key.').count(), 0);
  assert.match(shown.Python, /requests\.post/);
  assert.match(shown.TypeScript, /JSON\.stringify/);
  // What the document says once for several calls is shown with each of them.
  const parameters = page.locator('section', { has: page.getByRole('heading', { name: 'Parameters' }) }).locator('dt code');
  assert.deepEqual((await parameters.allTextContents()).includes('Idempotency-Key'), true);
  calm(page);
});

test('an edit changes what it was made for, and nothing else', async () => {
  const before = await stage.webhook({ ...slack('edited', { grouping: 'thread' }), filters: { environment: ['production'] }, event_types: ['deploy'] });
  const page = await stage.open(`#/webhooks/${before.id}/edit`);
  await page.getByLabel('Channels').fill('infra, deploys');
  await page.getByRole('button', { name: 'Deletions' }).click();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('#infra, #deploys').waitFor();
  const after = await stage.api('GET', `webhooks/${before.id}/`);
  assert.deepEqual(after.configuration.channels, ['infra', 'deploys']);
  assert.deepEqual([after.configuration.grouping, after.configuration.channel, after.configuration.token], ['thread', undefined, before.configuration.token]);
  assert.deepEqual(after.event_types, ['*_deleted', 'destroy']);
  assert.deepEqual(after.filters, before.filters);
  calm(page);
});
