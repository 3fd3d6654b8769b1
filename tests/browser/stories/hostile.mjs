// Texts that would be scripts, links that would be traps: in every field that somebody else can write.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calm, DISCORD, go, slack, Stage, TEAMS } from '../harness.mjs';

const stage = await Stage.start();

const TEXTS = [
  '<img src=x onerror="window.taken=1">', '"><script>window.taken=1</script>', 'javascript:window.taken=1',
  '[a](javascript:window.taken=1)', '<javascript:window.taken=1|b>', '{{constructor.constructor("window.taken=1")()}}',
  '\u202Etxt.exe <b>b</b>', "';window.taken=1;//", 'https://evil.example/x.png',
];

/** A word that no line has room for. */
const LONG = 'x'.repeat(90);

test('no text of an event or of a name runs, nor makes the page call another host', async () => {
  const names = [...TEXTS.slice(0, 3), LONG];
  const configurations = [
    slack('a').configuration,
    { webhook_url: DISCORD }, { webhook_url: TEAMS }, { url: 'https://x.example.com/h' },
  ];
  const types = ['slack', 'discord', 'teams', 'webhook'];
  const ids = [];
  for (const [index, name] of names.entries()) {
    ids.push((await stage.webhook({ name, type: types[index], event_types: ['*'], configuration: configurations[index] })).id);
  }
  let last;
  for (const text of [...TEXTS, LONG]) {
    last = await stage.publish({
      type: 'deploy', status: 'failed', environment: text, project: text, actor: text, message: `${text}\n\`\`\`${text}\`\`\``,
      provider: text, region: text, correlation_id: text, resource: { type: text, id: text, name: text }, changes: [text], details: { [text]: text },
    });
  }
  await stage.until(`events/${last.id}/`, ({ deliveries }) => deliveries.length === 4 && deliveries.every(({ status }) => status === 'delivered'));

  const links = [{ label: TEXTS[2], url: 'https://wiki.example.com/' }];
  await stage.api('PATCH', `webhooks/${ids[0]}/`, { message: { title: TEXTS[0], text: TEXTS[1], links } });
  const page = await stage.open('#/channels', { width: 360 });
  await page.locator('.post').first().waitFor();
  const views = ['#/webhooks', `#/webhooks/${ids[0]}`, `#/webhooks/${ids[0]}?tab=settings`, `#/webhooks/${ids[0]}/edit?words=1`, '#/events', `#/events/${last.id}`, `#/compose?event=${last.id}`, '#/activity', '#/declare'];
  for (const view of views) {
    await go(page, view);
    const found = await page.evaluate(() => ({
      taken: window.taken, images: [...document.images].map(({ src }) => src), scripts: document.scripts.length, wide: document.getElementById('main').scrollWidth,
      links: [...document.links].map(({ href }) => new URL(href).protocol),
    }));
    assert.equal(found.taken, undefined, view);
    assert.ok(found.images.every((src) => src.startsWith(stage.url)), `${view}: ${found.images}`);
    assert.equal(found.scripts, 1, view);
    assert.ok(found.wide <= 360, `${view} is ${found.wide} px wide`);
    assert.ok(found.links.every((protocol) => ['http:', 'https:', 'mailto:'].includes(protocol)), view);
  }
  calm(page);
});

test('hostile text in the address shows nothing and runs nothing', async () => {
  const page = await stage.open(`#/webhooks/${encodeURIComponent(TEXTS[0])}?tab=${encodeURIComponent(TEXTS[1])}`, { expects: [404] });
  await page.getByText('There is no such', { exact: false }).first().waitFor();
  assert.equal(await page.evaluate(() => window.taken), undefined);
  assert.deepEqual(page.faults.filter((fault) => !/Refusal/.test(fault)), []);
});
