// What the console knows of signed webhooks.

import { clock } from '../../core/dom.js';

export { content, summary } from './message.js';
export const name = 'Signed webhook';
export const face = () => '🔏';
export const when = clock;
export const channelSign = '';

export const kinds = {
  webhook: {
    about: 'Posts to an HTTPS endpoint of your own, signed by the rules of Standard Webhooks.',
    asks: {
      url: { label: 'URL', placeholder: 'https://inventory.example.com/hooks' },
      secret: { label: 'Signing secret', placeholder: 'whsec_…', hint: 'Leave it empty to have one made. It is shown once.' },
    },
    steps: [
      'Make an endpoint that takes a POST with JSON over HTTPS, on port 443 or 8443.',
      'Verify each message with a Standard Webhooks library and the secret that you get here.',
      'Answer with a status from 200 to 299 within ten seconds.',
      'Keep the webhook-id of each message for a day: the same id is the same message.',
    ],
  },
};
