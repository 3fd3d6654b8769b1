// What the console knows of Discord.

import { dayAndClock } from '../../core/dom.js';

export { content, summary } from './message.js';
export const name = 'Discord';
export const when = dayAndClock;

export const kinds = {
  discord: {
    label: 'Discord',
    about: 'One URL for one channel or forum.',
    asks: { webhook_url: { label: 'Webhook URL', placeholder: 'https://discord.com/api/webhooks/…', sample: `https://discord.com/api/webhooks/100000000000000001/${'x'.repeat(68)}` } },
    steps: [
      'In Discord open the channel’s settings (the gear), “Integrations”, “Webhooks”.',
      'Choose “New Webhook” and give it a name.',
      'Choose “Copy Webhook URL”.',
    ],
  },
};
