// The kinds of destinations as a form asks for them: what the API says of each, and what its own
// folder adds for people.

import { kinds, looks } from '../../kinds/all.js';

const words = (name) => name[0].toUpperCase() + name.slice(1).replaceAll('_', ' ');

/**
 * `asks` are the parts of the credential, the one that is always needed first; `made` is the one
 * that Carillon makes, if any. `channels` says how many can be named. `steps` lead to the
 * credential, in the platform's own words.
 */
export const KINDS = kinds.map(({ id, type, title, asks, ...given }) => {
  const own = looks[type]?.kinds?.[id] ?? {};
  const parts = asks.map((part) => ({ label: words(part.name), hint: part.about, ...part, ...own.asks?.[part.name] }));
  return {
    id, type, ...given,
    label: own.label ?? title,
    about: own.about ?? '',
    steps: own.steps ?? [],
    asks: parts,
    made: parts.find(({ is_made: made }) => made),
  };
});

/** The kind of a webhook that is there: of its type, the one whose credential it has. */
export function kindOf({ type, configuration }) {
  const ours = KINDS.filter((kind) => kind.type === type);
  return ours.find(({ asks }) => configuration[asks[0].name]) ?? ours[0]
    ?? { id: type, type, label: type, about: '', steps: [], asks: [], channels: 0 };
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
