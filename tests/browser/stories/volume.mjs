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
 * Tells the longest that the page's thread was busy at a stretch while something is done: a frame is
 * held up as long. For people to read, as it depends on the machine. It is the thread's own time, so
 * that what else runs here counts little; the driver's own looks at the page would count.
 */
async function busy(t, page, what, act) {
  const tools = await stage.browser.newBrowserCDPSession();
  const events = [];
  tools.on('Tracing.dataCollected', ({ value }) => events.push(...value));
  const ended = new Promise((end) => { tools.once('Tracing.tracingComplete', end); });
  await tools.send('Tracing.start', { traceConfig: { includedCategories: ['toplevel', 'blink.user_timing'] } });
  const done = await act();
  await page.evaluate(() => performance.mark('this-page'));
  await tools.send('Tracing.end');
  await ended;
  const { pid, tid } = events.find(({ name }) => name === 'this-page');
  const tasks = events.filter((event) => event.pid === pid && event.tid === tid && event.name === 'ThreadControllerImpl::RunTask');
  t.diagnostic(`${what}: busy for ${(Math.max(...tasks.map(({ tdur = 0 }) => tdur)) / 1000).toFixed(1)} ms at most`);
  return done;
}

/** Scrolls through all of it, a good deal a frame. Few of the items are in the page at any time. */
async function scrolled(t, page, selector) {
  const most = await busy(t, page, 'scrolling', () => page.evaluate(async (name) => {
    const box = document.querySelector(name);
    let count = 0;
    for (let turn = 0; turn < 100; turn += 1) {
      box.scrollTop += turn % 33 === 32 ? box.scrollHeight / 4 : 900;
      await new Promise((next) => { requestAnimationFrame(next); });
      count = Math.max(count, box.querySelectorAll('[role="listitem"]').length);
    }
    return count;
  }, selector));
  assert.ok(most < FEW, `${most} of them are in the page`);
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
  await busy(t, page, 'reading', () => page.evaluate(async () => {
    const main = document.getElementById('main');
    while (!document.querySelector('.count').textContent.includes('10,000 deliveries')) {
      main.scrollTop = main.scrollHeight;
      await new Promise((next) => { requestAnimationFrame(next); });
    }
  }));
  await page.evaluate(() => { document.getElementById('main').scrollTop = 0; });
  await scrolled(t, page, '#main');
  calm(page);
});

test('ten thousand messages are read bit by bit, and few are in the page', async (t) => {
  const page = await stage.browser.newPage();
  page.faults = [];
  page.on('pageerror', (error) => page.faults.push(String(error)));
  const sizes = [];
  await page.route('**/_local/messages?*', (route) => {
    const query = new URL(route.request().url()).searchParams;
    const before = Number(query.get('before') ?? MANY + 1);
    const first = Number(query.get('since')) ? before : Math.max(1, before - Number(query.get('limit')));
    const results = Array.from({ length: before - first }, (_, index) => message(before - 1 - index));
    sizes.push(results.length);
    return route.fulfill({ json: { results, more: first > 1 && !Number(query.get('since')), revision: LATEST, removed: [], cleared: !Number(query.get('since')) } });
  });
  await busy(t, page, 'loading', async () => {
    await page.goto(stage.url);
    await page.waitForFunction(() => document.querySelector('.tally')?.textContent === '10,000');
  });
  assert.ok(Math.max(...sizes) <= 500, String(sizes));
  // The latest came first, and those before them stand before them.
  assert.equal(await page.locator('.post').last().getAttribute('aria-label'), 'Discord message 10000 in c4');
  await page.evaluate(() => { document.querySelector('.scroll').scrollTop = 0; });
  await page.getByText('Message 1', { exact: true }).waitFor();
  await scrolled(t, page, '.scroll');
  const search = page.getByLabel('Search messages');
  await busy(t, page, 'searching', async () => {
    await search.fill('message 4242');
    await page.waitForFunction(() => document.querySelectorAll('.post').length === 1);
  });
  await page.getByText('Message 4242').waitFor();
  await search.fill('');
  await busy(t, page, 'another channel', async () => {
    await page.locator('.channel-link', { hasText: 'c3' }).first().click();
    await page.waitForFunction(() => document.querySelector('h1').textContent === '#c3');
  });
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
