// Runs node with these arguments beside one browser that all stories share: each has contexts of its
// own in it, and starting one for each takes longer than most stories.

import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const { chromium } = createRequire(join(process.env.BROWSER_TOOLS, 'package.json'))('playwright-core');

const server = await chromium.launchServer({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox'] });
const stories = spawn(process.execPath, process.argv.slice(2), {
  stdio: 'inherit', env: { ...process.env, BROWSER: server.wsEndpoint() },
});
stories.on('exit', async (code) => {
  await server.close();
  process.exit(code ?? 1);
});
