// What is shown stays true while one looks at it, and nobody is disturbed in what they do there.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calm, slack, Stage } from '../harness.mjs';

const stage = await Stage.start();
const webhook = await stage.webhook(slack('prod alerts'));
const said = async (message) => {
  const { id } = await stage.publish({ type: 'deploy', message });
  await stage.until(`events/${id}/`, ({ deliveries }) => deliveries.some(({ status }) => status === 'delivered'));
};

test('how long ago something was changes by itself', async () => {
  await said('a first one');
  const page = await stage.open('', { key: null });
  await page.clock.install();
  await page.evaluate((key) => sessionStorage.setItem('carillon-key', key), stage.key);
  await page.goto(`${stage.url}#/webhooks/${webhook.id}`);
  await page.reload();
  const time = page.locator('.delivery time').first();
  await time.waitFor();
  assert.doesNotMatch(await time.textContent(), /minutes/);
  await page.clock.fastForward('05:00');
  await page.locator('.delivery time', { hasText: '5 minutes ago' }).first().waitFor();
  calm(page);
});

test('the keyboard stays where it is while messages come', async () => {
  const page = await stage.open('#/channels');
  const link = page.getByRole('navigation', { name: 'Channels' }).getByRole('link', { name: 'infra' });
  await link.focus();
  await said('another one');
  await link.getByText('2').waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.textContent), '#infra2');
  calm(page);
});

test('a click counts though a message comes while the button is pressed, and the message shows afterwards', async () => {
  const page = await stage.open('#/channels');
  const link = page.getByRole('navigation', { name: 'Channels' }).getByRole('link', { name: 'infra' });
  // What is drawn after the messages has had its turn, too.
  const drawn = () => page.evaluate(() => new Promise((done) => { requestAnimationFrame(() => setTimeout(() => setTimeout(done))); }));
  const press = async (message) => {
    await link.hover();
    await page.mouse.down();
    await said(message);
    await page.locator('.post', { hasText: message }).first().waitFor();
    await drawn();
  };
  await press('one in between');
  await page.mouse.up();
  await page.waitForFunction(() => location.hash.includes('channel='));
  await link.getByText('3').waitFor();

  await press('and one more');
  // Away from it, which drags the link: no click comes of that.
  await page.mouse.move(600, 400);
  await page.mouse.up();
  await link.getByText('4').waitFor();
  calm(page);
});

test('messages show while more and more of them come', async () => {
  const page = await stage.open('#/channels');
  await page.locator('.post').first().waitFor();
  // As the tab that reads the stream tells the others.
  await page.evaluate(() => {
    const tabs = new BroadcastChannel('carillon-messages');
    let number = 1e6;
    setInterval(() => {
      number += 1;
      tabs.postMessage({ removed: [], cleared: false, messages: [{
        number, revision: number * 1e10, received_at: new Date().toISOString(), platform: 'slack', host: 'slack.com', channel: 'busy', channel_id: 'C9',
        sender: null, id: `m${number}`, thread: null, thread_name: null, edited: false, open_mentions: [], not_shown: [], verified: null, payload: { text: `busy ${number}` },
      }] });
    }, 10);
  });
  await page.locator('.post', { hasText: 'busy 1000' }).first().waitFor({ timeout: 5000 });
  calm(page);
});

test('of two filters that are asked for in turn, the later counts', async () => {
  const page = await stage.open(`#/webhooks/${webhook.id}`);
  await page.locator('.delivery').first().waitFor();
  let release;
  const held = new Promise((go) => { release = go; });
  await page.route('**/deliveries/?*status=delivered*', async (route) => {
    await held;
    await route.continue();
  });
  const states = page.getByLabel('Show deliveries that are');
  await states.selectOption('delivered');
  await states.selectOption('failed');
  await page.getByText('No delivery of this webhook is in this state.').waitFor();
  const late = page.waitForResponse((answer) => answer.url().includes('status=delivered'));
  release();
  await late;
  await page.waitForLoadState('networkidle');
  assert.equal(await page.locator('.delivery').count(), 0);
  calm(page);
});
