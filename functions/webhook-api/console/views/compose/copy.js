// The same event from a terminal.

const quoted = (text) => `'${String(text).replaceAll("'", "'\\''")}'`;

export function asCurl(event) {
  const type = event.specversion ? 'application/cloudevents+json' : 'application/json';
  const url = new URL('api/v1/events/', document.baseURI);
  return `curl ${quoted(url)} \\\n  -H "Authorization: Bearer $CARILLON_KEY" \\\n  -H 'Content-Type: ${type}' \\\n  -d ${quoted(JSON.stringify(event))}`;
}

const FLAGS = {
  status: 'status', environment: 'environment', project: 'project', provider: 'provider', account: 'account', region: 'region',
  severity: 'severity', actor: 'actor', message: 'message', correlation_id: 'correlation-id', id: 'id', occurred_at: 'occurred-at',
};
const PARTS = { 'resource.type': 'resource-type', 'resource.id': 'resource-id', 'resource.name': 'resource-name', 'resource.url': 'resource-url' };

export function asCommand(event) {
  const { estimated_cost: cost, resource = {}, changes = [], details = {} } = event;
  const flags = [
    ...Object.entries(FLAGS).map(([name, flag]) => [flag, event[name]]),
    ...Object.entries(PARTS).map(([name, flag]) => [flag, resource[name.split('.')[1]]]),
    ['estimated-cost', cost && `${cost.amount} ${cost.currency}${cost.period ? `/${cost.period}` : ''}`],
    ...changes.map((name) => ['change', name]),
    ...Object.entries(details).map(([name, value]) => ['detail', `${name}=${value}`]),
  ].filter(([, value]) => value !== undefined && value !== '');
  const url = new URL('.', document.baseURI).href.replace(/\/$/, '');
  const lines = [`CARILLON_URL=${quoted(url)} carillon send ${quoted(event.type)}`, ...flags.map(([flag, value]) => `--${flag} ${quoted(value)}`)];
  if (event.dry_run) lines.push('--as-dry-run');
  return lines.join(' \\\n  ');
}
