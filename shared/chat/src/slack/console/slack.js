// What the console knows of Slack.

import { clock } from '../../core/dom.js';

export { content, face, summary } from './message.js';
export const name = 'Slack';
export const when = clock;

export const kinds = {
  'slack/bot': {
    label: 'Slack bot',
    about: 'Posts to any channel it is invited to, with threads and edits.',
    asks: { token: { label: 'Bot token', placeholder: 'xoxb-…', sample: 'xoxb-not-a-real-token' } },
    steps: [
      'At api.slack.com/apps choose “Create New App”, “From scratch”, and your workspace.',
      'Under “OAuth & Permissions” add the bot scope chat:write.',
      'Choose “Install to Workspace” and copy the “Bot User OAuth Token”: it begins with xoxb-.',
      'In the channel, invite it: /invite @ and the app’s name.',
    ],
  },
  'slack/incoming_webhook': {
    label: 'Slack incoming webhook',
    about: 'One URL for one channel. Quick to make; no threads or edits.',
    asks: { webhook_url: { label: 'Webhook URL', placeholder: 'https://hooks.slack.com/services/…', sample: `https://hooks.slack.com/services/T00000000/B00000000/${'X'.repeat(24)}` } },
    steps: [
      'At api.slack.com/apps create an app, or choose one you have.',
      'Under “Incoming Webhooks” switch them on and choose “Add New Webhook”.',
      'Choose the channel, and copy the webhook URL.',
    ],
  },
};
