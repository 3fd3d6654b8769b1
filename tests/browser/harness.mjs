// What every story starts from: a Carillon of its own, a browser, and pages that fail where something
// goes wrong in them.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after } from 'node:test';

const tools = createRequire(join(process.env.BROWSER_TOOLS, 'package.json'));
const { chromium } = tools('playwright-core');

/** The source of axe, to be run in a page. */
export { tools };

/** A made-up token, and a URL of each platform. */
export const TOKEN = 'xoxb-made-up-token';
export const DISCORD = `https://discord.com/api/webhooks/100000000000000001/${'not-a-real-token-'.repeat(4)}`;
export const TEAMS = `https://prod-1.westeurope.logic.azure.com:443/workflows/${'0'.repeat(32)}/triggers/manual/paths/invoke?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=${'not-a-real-signature-'.repeat(2)}x`;

export const slack = (name, more = {}) => ({ name, type: 'slack', event_types: ['*'], configuration: { token: TOKEN, channel: 'infra', ...more } });

async function start(options) {
  const child = spawn(process.env.CARILLON, ['--port', '0', '--dynamodb-port', '0', ...options], { stdio: ['ignore', 'pipe', 'ignore'] });
  let printed = '';
  await new Promise((ready, failed) => {
    child.stdout.on('data', (data) => {
      printed += data;
      if (printed.includes('Ctrl-C')) ready();
    });
    child.on('exit', () => failed(new Error(`Carillon ended: ${printed}`)));
  });
  const line = (label) => new RegExp(`^ *${label} +(\\S+)`, 'm').exec(printed)[1];
  return { child, url: line('Page'), logIn: line('Log in'), key: line('Admin key') };
}

/** The Carillon of this file's stories, and the browser. */
export class Stage {
  static async start(options = []) {
    const [carillon, browser] = await Promise.all([
      start(options),
      chromium.connect(process.env.BROWSER),
    ]);
    after(async () => {
      await browser.close();
      carillon.child.kill();
    });
    return Object.assign(new Stage(), carillon, { browser });
  }

  /** A page of a browser of its own. `key: null` is nobody's; `expects` are statuses that may be answered. */
  async open(hash = '', { key = this.key, width = 1280, height = 800, scheme = 'light', context, expects = [], base = this.url } = {}) {
    const within = context ?? await this.browser.newContext({ viewport: { width, height }, colorScheme: scheme, locale: 'en-GB' });
    const page = await within.newPage();
    page.faults = [];
    page.requests = [];
    page.setDefaultTimeout(15_000);
    page.on('pageerror', (error) => page.faults.push(String(error)));
    page.on('dialog', (dialog) => page.faults.push(`a dialog: ${dialog.message()}`));
    page.on('console', (message) => {
      const status = Number(/status of (\d+)/.exec(message.text())?.[1] ?? 0);
      if (message.type() === 'error' && !expects.includes(status)) page.faults.push(message.text());
    });
    page.on('request', (request) => {
      page.requests.push(request.url());
      if (new URL(request.url()).origin !== new URL(base).origin) page.faults.push(`a request to ${request.url()}`);
    });
    if (key) await page.addInitScript((text) => { if (location.protocol === 'http:') sessionStorage.setItem('carillon-key', text); }, key);
    await page.goto(`${base}${hash}`);
    return page;
  }

  async api(method, path, body, key = this.key) {
    const answer = await fetch(`${this.url}api/v1/${path}`, {
      method, headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' }, body: body && JSON.stringify(body),
    });
    const said = await answer.text();
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${said}`);
    return said ? JSON.parse(said) : null;
  }

  webhook(body) {
    return this.api('POST', 'webhooks/', body);
  }

  publish(event) {
    return this.api('POST', 'events/', event);
  }

  /** How a destination of the chat sink stands. */
  async stand(channel, standing, platform = 'slack') {
    const answer = await fetch(`${this.url}_local/chat-plan/destinations`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ channel, platform, standing }),
    });
    assert.ok(answer.ok);
  }

  /** Waits until the API answers with what is wanted. */
  async until(path, wanted) {
    for (let turn = 0; turn < 300; turn += 1) {
      const said = await this.api('GET', path);
      if (wanted(said)) return said;
      await new Promise((go) => { setTimeout(go, 50); });
    }
    throw new Error(`${path} never became what was wanted`);
  }
}

/** Goes to another view of the same page. */
export async function go(page, hash) {
  await page.evaluate((wanted) => { location.hash = wanted; }, hash);
  await page.waitForFunction((wanted) => document.getElementById('main').dataset.view === wanted, hash);
  await page.waitForLoadState('networkidle');
}

/** Nothing went wrong in the page. */
export function calm(page) {
  assert.deepEqual(page.faults, []);
}
