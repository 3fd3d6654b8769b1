// The README's pictures: only made where somebody asks for them.

import { join } from 'node:path';
import { test } from 'node:test';
import { calm, DISCORD, slack, Stage, TEAMS } from '../harness.mjs';

const folder = process.env.PICTURES;
const stage = folder ? await Stage.start() : null;

test('the README has pictures of what there is', { skip: !folder }, async () => {
  await stage.webhook(slack('deployments'));
  await stage.webhook({ name: 'releases', type: 'discord', event_types: ['*'], configuration: { webhook_url: DISCORD, channels: ['releases'] } });
  await stage.webhook({ name: 'platform team', type: 'teams', event_types: ['*'], configuration: { webhook_url: TEAMS, channels: ['platform'] } });
  const { id } = await stage.publish({
    type: 'deploy', status: 'succeeded', environment: 'production', project: 'billing', actor: 'alice', provider: 'aws', region: 'eu-west-1',
    resource: { type: 'aws_rds_cluster', id: 'db-1', name: 'billing-db' }, estimated_cost: { amount: '41.20', currency: 'USD', period: 'month' },
    message: 'Release 42: read replicas for billing',
  });
  await stage.until(`events/${id}/`, ({ deliveries }) => deliveries.every(({ status }) => status === 'delivered'));

  const context = await stage.browser.newContext({ viewport: { width: 1360, height: 900 }, deviceScaleFactor: 2, locale: 'en-GB' });
  const page = await stage.open(`#/compose?event=${id}`, { context });
  await page.locator('.preview .card.teams').waitFor();
  await page.screenshot({ path: join(folder, 'console.png') });

  // The messages alone, side by side.
  await page.evaluate(() => {
    const box = document.querySelector('.previews');
    document.querySelector('.compose').style.display = 'block';
    document.querySelector('.compose > .panel').hidden = true;
    Object.assign(box.style, { display: 'grid', gridTemplateColumns: '1fr 1fr', alignItems: 'start', padding: '16px' });
    box.querySelector(':scope > p').hidden = true;
    for (const part of box.querySelectorAll('.usage, .preview > header, .preview:has(.teams)')) part.hidden = true;
  });
  await page.locator('.previews').screenshot({ path: join(folder, 'message.png') });
  calm(page);
});
