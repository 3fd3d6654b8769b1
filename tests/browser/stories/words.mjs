// Words of a webhook's own: written with their message beside them, and mended where they are wrong.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calm, DISCORD, slack, Stage, TOKEN } from '../harness.mjs';

const stage = await Stage.start();

const open = (hash, more) => stage.open(hash, { expects: [400], ...more });
const card = (page, platform = 'slack') => page.locator(`.words-shown .card.${platform}`);

test('a new webhook gets words of its own, and their message shows while one types', async () => {
  const page = await open('#/webhooks/new');
  await page.getByText('Words of your own').click();
  // Before there is a credential, or a name.
  await card(page).getByText('Deployed billing-db', { exact: false }).first().waitFor();
  await page.getByRole('button', { name: 'Begin with an example' }).click();
  await card(page).getByText('billing-db succeeded in production').first().waitFor();
  await card(page).getByRole('link', { name: 'Runbook' }).waitFor();

  // A field is put in by a click, where one types.
  const title = page.getByLabel('Title', { exact: true });
  await title.fill('Release: ');
  await page.getByRole('button', { name: 'actor', exact: true }).click();
  assert.equal(await title.inputValue(), 'Release: {{ actor }}');
  assert.equal(await title.evaluate((area) => document.activeElement === area), true);
  await card(page).getByText('Release: alice').first().waitFor();

  // A fault stands at its field with its place, and the message stays.
  await title.fill('{{ resorce.name }}');
  const fault = page.locator('.field', { has: title }).locator('.fault');
  await fault.getByText('did you mean', { exact: false }).waitFor();
  assert.match(await fault.textContent(), /line 1, column 4/);
  await card(page).getByText('Release: alice').first().waitFor();
  await title.fill('{{ resource.name }}');
  await fault.waitFor({ state: 'hidden' });

  // Facts have a list of their own.
  const facts = page.getByLabel('Facts', { exact: true });
  await facts.fill('environment');
  await page.getByRole('button', { name: 'region', exact: true }).click();
  assert.equal(await facts.inputValue(), 'environment, region');

  // Whom to mention, and of which events.
  await page.getByRole('button', { name: 'Mention somebody' }).click();
  await page.getByLabel('Whom').fill('S0123ABCD');
  await page.getByText('Only some events').click();
  await page.locator('.words').getByLabel('status', { exact: true }).fill('failed');
  await page.getByLabel('Its status').selectOption('failed');
  await card(page).getByText('S0123ABCD', { exact: false }).first().waitFor();
  await page.getByLabel('Its status').selectOption('succeeded');
  await card(page).getByText('S0123ABCD', { exact: false }).waitFor({ state: 'detached' });

  await page.getByLabel('Bot token').fill(TOKEN);
  await page.getByLabel('Channels').fill('infra');
  await page.getByLabel('Name', { exact: true }).fill('with words');
  await page.getByRole('button', { name: 'Create webhook' }).click();
  await page.getByRole('heading', { name: 'with words' }).waitFor();
  const { results: [made] } = await stage.api('GET', 'webhooks/?name=with+words');
  assert.deepEqual(made.message, {
    title: '{{ resource.name }}', text: '{% if actor %}{{ actor }} did this. {% endif %}{{ message }}', fields: ['environment', 'region'],
    links: [{ label: 'Runbook', url: 'https://wiki.example.com/{{ resource.type }}' }],
    mentions: [{ who: ['S0123ABCD'], when: { status: ['failed'] } }],
  });
  calm(page);
});

test('an edit keeps words that nobody touched, and takes back those that are emptied', async () => {
  const message = { title: 'Mine: {{ type }}', text: 'one\n{{ message }}', fields: [], mentions: [{ who: ['here'], when: { environment: ['prod-*'] } }] };
  const before = await stage.webhook({ ...slack('kept'), message });
  const page = await open(`#/webhooks/${before.id}/edit`);
  await page.getByLabel('Title', { exact: true }).waitFor();
  await page.getByLabel('Channels').fill('deploys');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('heading', { name: 'kept', exact: true }).waitFor();
  assert.deepEqual((await stage.api('GET', `webhooks/${before.id}/`)).message, message);

  await page.getByRole('link', { name: 'Settings' }).click();
  await page.getByRole('link', { name: 'Edit them' }).click();
  await page.getByLabel('Text', { exact: true }).fill('');
  await page.getByLabel('No facts at all').uncheck();
  await page.getByRole('button', { name: 'Remove' }).click();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('heading', { name: 'kept', exact: true }).waitFor();
  assert.deepEqual((await stage.api('GET', `webhooks/${before.id}/`)).message, { title: message.title });

  await page.goto(`${stage.url}#/webhooks/${before.id}/edit?words=1`);
  await page.getByRole('button', { name: 'All as usual' }).click();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('heading', { name: 'kept', exact: true }).waitFor();
  assert.equal((await stage.api('GET', `webhooks/${before.id}/`)).message ?? null, null);
  calm(page);
});

test('what the platform cannot do is said where the words are', async () => {
  const webhook = await stage.webhook({ name: 'discord', type: 'discord', event_types: ['*'], configuration: { webhook_url: DISCORD } });
  const page = await open(`#/webhooks/${webhook.id}/edit?words=1`);
  await page.getByRole('button', { name: 'Mention somebody' }).click();
  await page.getByLabel('Whom').fill('S0123ABCD');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.locator('.field', { has: page.getByLabel('Whom') }).locator('.fault').getByText('role:', { exact: false }).waitFor();
  // Signed webhooks carry the event itself: they have no words.
  await page.goto(`${stage.url}#/webhooks/new`);
  await page.getByText('Words of your own').waitFor();
  await page.getByRole('radio', { name: 'Signed webhook' }).check();
  await page.getByText('Words of your own').waitFor({ state: 'hidden' });
  calm(page);
});

test('the words of a webhook are edited over the event that is composed', async () => {
  const page = await open('#/compose');
  const preview = page.locator('.preview', { has: page.getByRole('link', { name: 'kept' }) });
  await page.getByLabel('Resource’s name').fill('orders-db');
  await preview.getByText('orders-db', { exact: false }).first().waitFor();
  await preview.getByRole('button', { name: 'Edit its words' }).click();
  const asked = page.getByRole('dialog', { name: 'The words of kept' });
  await asked.getByLabel('Title', { exact: true }).fill('About {{ resource.name }}');
  await asked.locator('.card').getByText('About orders-db').first().waitFor();
  // What was typed is not lost by a key.
  await page.keyboard.press('Escape');
  await page.getByRole('dialog', { name: 'Discard it?' }).getByRole('button', { name: 'Cancel' }).click();
  await asked.getByRole('button', { name: 'Save' }).click();
  await asked.waitFor({ state: 'detached' });
  await preview.locator('.card').getByText('About orders-db').first().waitFor();
  calm(page);
});

test('a viewer is offered no words to change', async () => {
  const { key } = await stage.api('POST', 'api-keys/', { name: 'looker', role: 'viewer' });
  const { results: [webhook] } = await stage.api('GET', 'webhooks/?name=kept');
  const page = await stage.open(`#/webhooks/${webhook.id}?tab=settings`, { key });
  await page.getByText('Words', { exact: true }).waitFor();
  for (const name of ['Edit them', 'Words of its own']) assert.equal(await page.getByText(name, { exact: true }).count(), 0);
  calm(page);
});
