// Ten thousand of everything, and many tabs. The lists are made up here: what is looked at is the
// page, not how fast events are delivered.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calm, slack, Stage } from '../harness.mjs';

const stage = await Stage.start();
const MANY = 10_000;
/** Later than what the sink itself counts, so that it has nothing to add. */
const LATEST = 8e15;
/** So many items of a list are in the page at most. */
const FEW = 120;

const delivery = (n) => ({
  id: `dl_${n}`, webhook_id: 'wh', event_id: `evt_${n}`, event_type: 'deploy', channel: 'infra', status: n % 9 ? 'delivered' : 'failed',
  reason: n % 9 ? null : 'The channel is archived.', possible_duplicate: false, overtaken: false, created_at: new Date(1.8e12 - n * 1000).toISOString(),
  next_attempt_at: null, message: null, attempts: [{ at: new Date(1.8e12 - n * 1000 + 400).toISOString(), outcome: 'delivered', http_status: 200, code: null, hint: null, duration_ms: 5 }],
});

const message = (n) => ({
  number: n, revision: LATEST - MANY + n, received_at: new Date(1.8e12 + n * 1000).toISOString(), platform: n % 2 ? 'slack' : 'discord', host: 'slack.com', channel: `c${n % 7}`, channel_id: `C${n % 7}`,
  sender: null, id: `m${n}`, thread: null, thread_name: null, edited: false, edited_at: null, open_mentions: [], not_shown: [], verified: null,
  payload: n % 2 ? { text: `Message ${n}`, attachments: [{ color: '#2e9e5b', blocks: [{ type: 'section', text: { type: 'mrkdwn', text: 'line\n'.repeat(n % 6 + 1) } }] }] } : { embeds: [{ title: `Message ${n}`, description: 'line\n'.repeat(n % 5 + 1), fields: [{ name: 'a', value: 'b', inline: true }] }] },
});

/**
 * Scrolls through all of it, a good deal a frame, and tells the most that a frame took of the
 * page's thread: for people to read, as a busy machine says nothing about the page. Whether few
 * of the items are in the page is what keeps frames short.
 */
async function scrolled(t, page, selector, items) {
  const tools = await page.context().newCDPSession(page);
  await tools.send('Performance.enable', { timeDomain: 'threadTicks' });
  const spent = async () => {
    const { metrics } = await tools.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'TaskDuration').value * 1000;
  };
  let most = 0;
  let before = await spent();
  for (let turn = 0; turn < 100; turn += 1) {
    await page.evaluate(async ([name, far]) => {
      const box = document.querySelector(name);
      box.scrollTop += far ? box.scrollHeight / 4 : 900;
      await new Promise((next) => { requestAnimationFrame(next); });
    }, [selector, turn % 33 === 32]);
    const now = await spent();
    most = Math.max(most, now - before);
    before = now;
    const count = await items.count();
    assert.ok(count < FEW, `${count} of them are in the page`);
  }
  t.diagnostic(`the longest frame took ${most.toFixed(1)} ms`);
}

test('ten thousand deliveries are read as one scrolls, and few are in the page', async (t) => {
  const webhook = await stage.webhook(slack('busy'));
  const page = await stage.open('#/webhooks');
  await page.route('**/deliveries/?*', async (route) => {
    const query = new URL(route.request().url()).searchParams;
    const begin = Number(query.get('cursor') ?? 0);
    const end = Math.min(MANY, begin + Number(query.get('limit')));
    const results = Array.from({ length: end - begin }, (_, index) => delivery(begin + index));
    await route.fulfill({ json: { results, next: end < MANY ? String(end) : null } });
  });
  await page.evaluate((id) => { location.hash = `#/webhooks/${id}`; }, webhook.id);
  await page.getByText('100 so far', { exact: false }).waitFor();
  // To the end, page by page.
  await page.evaluate(async () => {
    const main = document.getElementById('main');
    while (!document.querySelector('.count').textContent.includes('10,000 deliveries')) {
      main.scrollTop = main.scrollHeight;
      await new Promise((next) => { requestAnimationFrame(next); });
    }
  });
  await page.evaluate(() => { document.getElementById('main').scrollTop = 0; });
  await scrolled(t, page, '#main', page.getByRole('listitem'));
  calm(page);
});

test('of ten thousand messages that one scrolls through, few are in the page', async (t) => {
  const page = await stage.browser.newPage();
  page.faults = [];
  page.on('pageerror', (error) => page.faults.push(String(error)));
  await page.route('**/_local/messages?*', (route) => route.fulfill({
    json: { results: Array.from({ length: MANY }, (_, index) => message(MANY - index)), revision: LATEST, removed: [], cleared: false },
  }));
  await page.goto(stage.url);
  await page.getByText('Message 10000').waitFor();
  await page.evaluate(() => { document.querySelector('.scroll').scrollTop = 0; });
  await page.getByText('Message 1', { exact: true }).waitFor();
  await scrolled(t, page, '.scroll', page.locator('.post'));
  await page.getByLabel('Search messages').fill('message 4242');
  await page.getByText('Message 4242').waitFor();
  calm(page);
});

test('eight tabs share one stream, and a tab that nobody sees hands it on', async () => {
  const context = await stage.browser.newContext();
  const pages = [];
  for (let index = 0; index < 8; index += 1) pages.push(await stage.open('', { context }));
  await stage.publish({ type: 'deploy', message: 'for all tabs' });
  await Promise.all(pages.map((page) => page.getByText('for all tabs').first().waitFor()));
  const streams = () => pages.filter((page) => page.requests.some((url) => url.includes('/messages/stream')));
  assert.equal(streams().length, 1);

  const [leader] = streams();
  await leader.evaluate(() => {
    Object.defineProperty(document, 'hidden', { value: true, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await stage.publish({ type: 'deploy', message: 'after the leader left' });
  const others = pages.filter((page) => page !== leader);
  await Promise.all(others.map((page) => page.getByText('after the leader left').first().waitFor()));
  assert.equal(streams().length, 2);
  assert.equal(await leader.getByText('after the leader left').count(), 0);
  await leader.evaluate(() => {
    Object.defineProperty(document, 'hidden', { value: false, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await leader.getByText('after the leader left').first().waitFor();
  pages.forEach(calm);
});

test('the first view is painted without a key, and tells when', async (t) => {
  const page = await stage.open('', { key: null });
  await page.getByText('Channels').first().waitFor();
  await page.reload();
  const painted = await page.evaluate(() => new Promise((found) => {
    new PerformanceObserver((list) => found(list.getEntriesByName('first-contentful-paint')[0]?.startTime)).observe({ type: 'paint', buffered: true });
  }));
  t.diagnostic(`first paint after ${Math.round(painted)} ms`);
  assert.ok(painted > 0);
});
