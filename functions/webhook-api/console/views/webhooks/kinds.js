// The kinds of destinations as a form asks for them, and how one makes their credentials.

/**
 * `type` is the API's. `credential` names the secret field. `channel`: 'many' takes several,
 * 'label' is only a name. `steps` lead to the credential, in the platform's own words.
 */
export const KINDS = [
  {
    id: 'slack-bot', type: 'slack', label: 'Slack bot', schema: 'SlackBotConfiguration',
    about: 'Posts to any channel it is invited to, with threads and edits.',
    credential: { name: 'token', label: 'Bot token', placeholder: 'xoxb-…' },
    channel: 'many',
    steps: [
      'At api.slack.com/apps choose “Create New App”, “From scratch”, and your workspace.',
      'Under “OAuth & Permissions” add the bot scope chat:write.',
      'Choose “Install to Workspace” and copy the “Bot User OAuth Token”: it begins with xoxb-.',
      'In the channel, invite it: /invite @ and the app’s name.',
    ],
  },
  {
    id: 'slack-webhook', type: 'slack', label: 'Slack incoming webhook', schema: 'SlackIncomingWebhookConfiguration',
    about: 'One URL for one channel. Quick to make; no threads or edits.',
    credential: { name: 'webhook_url', label: 'Webhook URL', placeholder: 'https://hooks.slack.com/services/…' },
    channel: 'label',
    steps: [
      'At api.slack.com/apps create an app, or choose one you have.',
      'Under “Incoming Webhooks” switch them on and choose “Add New Webhook”.',
      'Choose the channel, and copy the webhook URL.',
    ],
  },
  {
    id: 'discord', type: 'discord', label: 'Discord', schema: 'DiscordConfiguration',
    about: 'One URL for one channel or forum.',
    credential: { name: 'webhook_url', label: 'Webhook URL', placeholder: 'https://discord.com/api/webhooks/…' },
    channel: 'label',
    steps: [
      'In Discord open the channel’s settings (the gear), “Integrations”, “Webhooks”.',
      'Choose “New Webhook” and give it a name.',
      'Choose “Copy Webhook URL”.',
    ],
  },
  {
    id: 'teams', type: 'teams', label: 'Microsoft Teams', schema: 'TeamsConfiguration',
    about: 'A workflow that posts cards to one channel.',
    credential: { name: 'webhook_url', label: 'Workflow URL', placeholder: 'https://….api.powerplatform.com/…' },
    channel: 'label',
    steps: [
      'Beside the channel’s name choose “…”, then “Workflows”.',
      'Choose “Send webhook alerts to a channel”, then the team and the channel, and “Add workflow”.',
      'Copy the whole URL: the signature at its end is the credential.',
      'In the workflow’s trigger, “Who can trigger the flow” must be “Anyone”.',
      'Send a test afterwards and look for it: Teams has no other way to try a URL.',
    ],
  },
  {
    id: 'webhook', type: 'webhook', label: 'Signed webhook', schema: 'WebhookConfiguration',
    about: 'Posts to an HTTPS endpoint of your own, signed by the rules of Standard Webhooks.',
    credential: { name: 'url', label: 'URL', placeholder: 'https://inventory.example.com/hooks' },
    secret: { name: 'secret', label: 'Signing secret', placeholder: 'whsec_…', hint: 'Leave it empty to have one made. It is shown once.' },
    steps: [
      'Make an endpoint that takes a POST with JSON over HTTPS, on port 443 or 8443.',
      'Verify each message with a Standard Webhooks library and the secret that you get here.',
      'Answer with a status from 200 to 299 within ten seconds.',
      'Keep the webhook-id of each message for a day: the same id is the same message.',
    ],
  },
];

/** The kind of a webhook that is there. */
export function kindOf({ type, configuration }) {
  if (type === 'slack') return KINDS.find(({ id }) => id === (configuration.token ? 'slack-bot' : 'slack-webhook'));
  return KINDS.find((kind) => kind.type === type) ?? { ...KINDS.at(-1), id: type, type, label: type, about: '' };
}

/** The channels of a webhook, as they are called; an empty list where the URL alone decides. */
export function channelsOf({ configuration: { channel, channels } }) {
  return (channels ?? [channel]).filter(Boolean).map((name) => name.replace(/^#/, ''));
}

/** Where a webhook posts to, in a few words. */
export function destination(webhook) {
  const channels = channelsOf(webhook).map((name) => (/^[CGD][A-Z0-9]{8,}$/.test(name) ? name : `#${name}`));
  const { url, webhook_url: masked } = webhook.configuration;
  return channels.join(', ') || url || masked || '';
}

/** How a webhook is, in one word of the list of statuses. */
export function condition({ status, failing_since: failing }) {
  return status === 'active' && failing ? 'failing' : status;
}

/** Which events a webhook gets, in a few words. */
export function subscription({ event_types: types, filters }) {
  const what = types.includes('*') ? 'all events' : types.join(', ');
  const only = Object.entries(filters ?? {}).map(([name, values]) => `${name.replaceAll('_', ' ')} ${values.join(' or ')}`);
  return only.length ? `${what} · ${only.join(' · ')}` : what;
}
