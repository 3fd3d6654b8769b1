// Draws .github/message.png; see .ci/picture.
'use strict';

const { readFileSync } = require('node:fs');
const path = require('node:path');
const { chromium } = require('playwright-core');

const CHAT = 'shared/chat/src';
const PAGE = 'shared/embedded/src/page';
const TYPES = { '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };

/** The message of a snapshot: JSON below the head that insta writes. */
function message(platform, snapshot) {
  const file = path.join(CHAT, platform, 'render/snapshots', `carillon_chat__${platform}__render__tests__${snapshot}.snap`);
  return { platform, payload: JSON.parse(readFileSync(file, 'utf8').split('---\n').slice(2).join('---\n')) };
}

const html = `<!doctype html>
<meta charset="utf-8">
<link rel="stylesheet" href="/_local/page/page.css">
<link rel="stylesheet" href="/_local/page/chat.css">
<style>
  body { margin: 0; padding: 12px; width: 1104px; min-height: 100vh; box-sizing: border-box; }
  #cards { display: grid; grid-template-columns: 1fr 1fr; gap: 20px; align-items: start; }
  .message { padding-bottom: 14px; }
</style>
<div id="cards"></div>
<script type="module">
  import { el } from '/_local/page/dom.js';
  import * as slack from '/_local/page/slack.js';
  import * as discord from '/_local/page/discord.js';
  const PLATFORMS = { slack: ['Slack', slack, '10:15 AM'], discord: ['Discord', discord, 'Today at 10:15 AM'] };
  for (const { platform, payload } of window.messages) {
    const [name, { content }, time] = PLATFORMS[platform];
    const face = el('img', '');
    face.src = '/_local/page/bell.svg';
    document.getElementById('cards').append(el('article', 'card ' + platform,
      el('header', 'card-head', el('span', 'platform', name), el('h2', 'channel', el('span', 'hash', '#'), 'infra')),
      el('div', 'message', el('span', 'avatar', face), el('div', 'message-main',
        el('div', 'sender', el('strong', 'sender-name', 'Carillon'), el('span', 'app', 'APP'), el('time', '', time)),
        content(payload)))));
  }
</script>`;

async function draw(browser) {
  const page = await browser.newPage({
    colorScheme: 'light', deviceScaleFactor: 2, locale: 'en-US', timezoneId: 'UTC', viewport: { width: 1104, height: 410 },
  });
  page.on('pageerror', (error) => console.error(error));
  await page.clock.setFixedTime('2026-11-21T10:15:00Z');
  await page.addInitScript((messages) => { window.messages = messages; },
    [message('slack', 'bot'), message('discord', 'deploy')]);
  await page.route('http://picture.invalid/**', (route) => {
    const name = path.basename(new URL(route.request().url()).pathname);
    if (!name) return route.fulfill({ contentType: 'text/html', body: html });
    return route.fulfill({ contentType: TYPES[path.extname(name)], body: readFileSync(path.join(PAGE, name)) });
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
