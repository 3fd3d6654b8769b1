// axe finds nothing, in either theme, at three widths.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { calm, DISCORD, go, slack, Stage, TEAMS, tools } from '../harness.mjs';

const stage = await Stage.start();
/** A folder that gets a picture of each view, where somebody wants to look at them. */
const SHOTS = process.env.BROWSER_SHOTS;
const AXE = readFileSync(tools.resolve('axe-core/axe.min.js'), 'utf8');

/** Something of everything, and every view of it. */
async function prepare() {
  const one = await stage.webhook(slack('prod alerts', { grouping: 'thread' }));
  await stage.webhook({ name: 'discord', type: 'discord', event_types: ['*'], configuration: { webhook_url: DISCORD } });
  await stage.webhook({ name: 'teams', type: 'teams', event_types: ['*'], configuration: { webhook_url: TEAMS } });
  await stage.webhook({ name: 'signed', type: 'webhook', event_types: ['*'], configuration: { url: 'https://x.example.com/h' } });
  const off = await stage.webhook({ ...slack('suspended'), configuration: { token: 'xoxb-another-made-up-token', channel: 'gone' } });
  await stage.stand('gone', 'archived');
  let last;
  for (const status of ['started', 'succeeded', 'failed']) {
    last = await stage.publish({
      type: 'deploy', status, environment: 'production', project: 'billing', actor: 'alice', correlation_id: 'release-42',
      resource: { type: 'aws_rds_cluster', id: 'db-1', name: 'billing-db' }, message: 'Release 42: `read` replicas, see https://wiki.example.com', details: { commit: '9fceb02' },
    });
  }
  await stage.until(`webhooks/${off.id}/`, ({ status }) => status === 'suspended');
  await stage.until(`events/${last.id}/`, ({ deliveries }) => deliveries.length === 5 && deliveries.every(({ status }) => ['delivered', 'failed', 'skipped'].includes(status)));
  return ['#/channels', '#/webhooks', '#/webhooks/new', `#/webhooks/${one.id}`, `#/webhooks/${off.id}`, `#/webhooks/${one.id}?tab=settings`, `#/webhooks/${one.id}/edit?words=1`, '#/events', `#/events/${last.id}`, '#/compose', '#/declare', '#/activity', '#/activity?tab=quotas', '#/activity?tab=refused', '#/reference', '#/reference/post-webhooks'];
}

const views = await prepare();

/** What comes a moment later, in views that are not whole without it. */
const LATER = { '#/compose': '.preview .card', '?words=1': '.words .card' };

/** Texts that nobody wrote. */
function noWords() {
  const texts = document.createTreeWalker(document.getElementById('main'), NodeFilter.SHOW_TEXT);
  const found = [];
  while (texts.nextNode()) if (/^(null|undefined|NaN|\[object \w+\])$/.test(texts.currentNode.data.trim())) found.push(texts.currentNode.data);
  return found;
}

/** What axe finds, in a line each. */
async function look(page) {
  return page.evaluate(async () => {
    const { violations } = await window.axe.run(document, { resultTypes: ['violations'] });
    return violations.flatMap(({ id, nodes }) => nodes.slice(0, 3).map(({ target, failureSummary }) => `${id}: ${target} ${failureSummary.split('\n')[1] ?? ''}`));
  });
}

for (const scheme of ['light', 'dark']) {
  for (const width of [360, 768, 1280]) {
    test(`axe finds nothing in the ${scheme} theme, ${width} px wide, and nothing sticks out`, async () => {
      const page = await stage.open('#/channels', { width, scheme });
      await page.evaluate(AXE);
      const found = [];
      for (const view of views) {
        await go(page, view);
        for (const [end, part] of Object.entries(LATER)) if (view.endsWith(end)) await page.locator(part).first().waitFor();
        const opener = page.locator('.row-open').first();
        if (await opener.count()) await opener.click();
        for (const fault of await look(page)) found.push(`${view} ${fault}`);
        for (const word of await page.evaluate(noWords)) found.push(`${view} shows “${word}”`);
        const wide = await page.evaluate(() => Math.max(document.documentElement.scrollWidth, document.getElementById('main').scrollWidth) - innerWidth);
        if (wide > 0) found.push(`${view} sticks out by ${wide} px`);
        const name = view.replaceAll(/[^a-z]+|wh_\w+|evt_\w+/gi, '-');
        if (SHOTS) await page.screenshot({ path: join(SHOTS, `${scheme}-${width}${name}.png`) });
      }
      assert.deepEqual(found, []);
      calm(page);
    });
  }
}

test('axe finds nothing where somebody logs in, in dialogs, and where nothing is', async () => {
  const page = await stage.open('#/webhooks', { key: null });
  await page.evaluate(AXE);
  await page.getByLabel('API key').waitFor();
  assert.deepEqual(await look(page), []);
  const inside = await stage.open('#/webhooks');
  await inside.evaluate(AXE);
  await inside.getByRole('button', { name: 'Recover' }).click();
  await inside.getByRole('dialog').waitFor();
  assert.deepEqual(await look(inside), []);
  await inside.keyboard.press('Escape');
  await go(inside, '#/compose');
  await inside.getByRole('button', { name: 'Edit its words' }).first().click();
  await inside.getByRole('dialog').locator('.card').waitFor();
  await inside.getByRole('button', { name: 'Mention somebody' }).click();
  await inside.getByRole('button', { name: 'Add a link' }).click();
  assert.deepEqual(await look(inside), []);
  calm(page);
  calm(inside);
});
