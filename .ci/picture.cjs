// Draws .github/message.png; see .ci/picture.
'use strict';

const { readFileSync } = require('node:fs');
const path = require('node:path');
const { chromium } = require('playwright-core');

const CHAT = 'shared/chat/src';
const CONSOLE = 'functions/webhook-api/console';
const TYPES = { '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
const NOW = '2026-11-21T10:15:00Z';

/** The message of a snapshot: JSON below the head that insta writes. */
function message(platform, snapshot) {
  const file = path.join(CHAT, platform, 'render/snapshots', `carillon_chat__${platform}__render__tests__${snapshot}.snap`);
  const payload = JSON.parse(readFileSync(file, 'utf8').split('---\n').slice(2).join('---\n'));
  return { platform, payload, received_at: NOW };
}

const html = `<!doctype html>
<meta charset="utf-8">
<link rel="stylesheet" href="/style/tokens.css">
<link rel="stylesheet" href="/style/base.css">
<link rel="stylesheet" href="/style/parts.css">
<link rel="stylesheet" href="/platforms/chat.css">
<style>
  body { margin: 0; padding: 12px; width: 1104px; min-height: 100vh; box-sizing: border-box; }
  #cards { display: grid; grid-template-columns: 1fr 1fr; gap: 20px; align-items: start; }
  .message { padding-bottom: 14px; }
</style>
<div id="cards"></div>
<script type="module">
  import { el } from '/core/dom.js';
  import { message, nameOf } from '/platforms/draw.js';
  for (const sent of window.messages) {
    document.getElementById('cards').append(el('article', 'card ' + sent.platform,
      el('header', 'card-head', el('span', 'platform', nameOf(sent.platform)),
        el('h2', 'channel', el('span', 'hash', '#'), 'infra')),
      message(sent)));
  }
</script>`;

async function draw(browser) {
  const page = await browser.newPage({
    colorScheme: 'light', deviceScaleFactor: 2, locale: 'en-US', timezoneId: 'UTC', viewport: { width: 1104, height: 410 },
  });
  page.on('pageerror', (error) => console.error(error));
  await page.clock.setFixedTime(NOW);
  await page.addInitScript((messages) => { window.messages = messages; },
    [message('slack', 'bot'), message('discord', 'deploy')]);
  await page.route('http://picture.invalid/**', (route) => {
    const name = new URL(route.request().url()).pathname;
    if (name === '/') return route.fulfill({ contentType: 'text/html', body: html });
    return route.fulfill({ contentType: TYPES[path.extname(name)], body: readFileSync(path.join(CONSOLE, name)) });
  });
  await page.goto('http://picture.invalid/', { waitUntil: 'networkidle' });
  await page.waitForFunction(() => document.querySelectorAll('.card').length === window.messages.length);
  await page.screenshot({ path: '.github/message.png', fullPage: true });
}

async function main() {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox'] });
  await draw(browser).finally(() => browser.close());
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
