// A webhook's latest deliveries: how each ended, and how long it took from the event to the message.

import { el } from '../../core/dom.js';
import { plural } from '../../core/ui.js';
import { duration, secondsToPost } from './timeline.js';

const SVG = 'http://www.w3.org/2000/svg';
const HEIGHT = 64;
const STEP = 12;

function draw(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

/** Longer is higher, each ten times as long a third of the height: 0.1 s is low, 100 s fills it. */
const height = (seconds) => Math.min(HEIGHT - 6, Math.max(4, ((Math.log10(Math.max(seconds, 0.1)) + 1) / 3) * (HEIGHT - 10) + 4));

function mark(delivery, x) {
  const seconds = secondsToPost(delivery);
  if (delivery.status === 'delivered') {
    const tall = height(seconds ?? 0);
    return draw('rect', { class: 'bar', x, y: HEIGHT - tall, width: 7, height: tall, rx: 1.5 });
  }
  // What did not get through has another shape, not only another colour.
  const y = HEIGHT - 8;
  if (delivery.status === 'failed') return draw('path', { class: 'failed', d: `M${x} ${y}l7 7m0-7l-7 7` });
  if (delivery.status === 'skipped') return draw('path', { class: 'skipped', d: `M${x} ${y + 4}h7` });
  return draw('circle', { class: 'waiting', cx: x + 3.5, cy: y + 3, r: 3 });
}

/** `deliveries` come newest first, and stand with the newest at the right. */
export function chart(deliveries) {
  if (deliveries.length < 2) return null;
  const shown = [...deliveries].reverse();
  const width = shown.length * STEP;
  const svg = draw('svg', { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT, 'aria-hidden': 'true' });
  svg.append(...shown.map((delivery, index) => mark(delivery, index * STEP + 2)));
  const times = shown.map(secondsToPost).filter((seconds) => seconds !== null).sort((a, b) => a - b);
  const counts = ['delivered', 'failed', 'skipped', 'retrying', 'pending']
    .map((name) => [name, shown.filter(({ status }) => status === name).length])
    .filter(([, count]) => count)
    .map(([name, count]) => `${count} ${{ retrying: 'trying again', pending: 'waiting' }[name] ?? name}`);
  const middle = times.length ? `Half of them within ${duration(times[Math.floor((times.length - 1) / 2)])}, the slowest after ${duration(times.at(-1))}.` : '';
  // On a narrow screen it scrolls sideways, by the keyboard too.
  const box = el('div', 'chart-box', svg);
  box.tabIndex = 0;
  box.setAttribute('role', 'group');
  box.setAttribute('aria-label', 'Chart of the latest deliveries; the text below says the same');
  return el('figure', 'chart panel', box,
    el('figcaption', 'small soft', el('span', 'strong', `The last ${plural(shown.length, 'delivery', 'deliveries')}: `),
      `${counts.join(', ')}. ${middle} A bar’s height is the time from the event to the message; × is failed, – skipped, ○ waiting.`));
}
