// The same event from a terminal.

const quoted = (text) => `'${String(text).replaceAll("'", "'\\''")}'`;

export function asCurl(event) {
  const type = event.specversion ? 'application/cloudevents+json' : 'application/json';
  const url = new URL('api/v1/events/', document.baseURI);
  return `curl ${quoted(url)} \\\n  -H "Authorization: Bearer $CARILLON_KEY" \\\n  -H 'Content-Type: ${type}' \\\n  -d ${quoted(JSON.stringify(event))}`;
}

const FLAGS = ['status', 'environment', 'project', 'provider', 'account', 'region', 'severity', 'actor', 'message', 'correlation_id', 'id', 'occurred_at'];
const PARTS = ['type', 'id', 'name', 'url'];

export function asCommand(event) {
  const { estimated_cost: cost, resource = {}, changes = [], details = {} } = event;
  const flags = [
    ...FLAGS.map((name) => [name.replace('_', '-'), event[name]]),
    ...PARTS.map((name) => [`resource-${name}`, resource[name]]),
    ['estimated-cost', cost && `${cost.amount} ${cost.currency}${cost.period ? `/${cost.period}` : ''}`],
    ...changes.map((name) => ['change', name]),
    ...Object.entries(details).map(([name, value]) => ['detail', `${name}=${value}`]),
  ].filter(([, value]) => value !== undefined && value !== '');
  const url = new URL('.', document.baseURI).href.replace(/\/$/, '');
  const lines = [`CARILLON_URL=${quoted(url)} carillon send ${quoted(event.type)}`, ...flags.map(([flag, value]) => `--${flag} ${quoted(value)}`)];
  if (event.dry_run) lines.push('--as-dry-run');
  return lines.join(' \\\n  ');
}
