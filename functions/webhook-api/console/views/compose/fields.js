// An event's fields as a form.

import { el } from '../../core/dom.js';
import { details, field, input, select, textarea } from '../../core/ui.js';

const STATUSES = [['', '–'], ['started', 'started'], ['succeeded', 'succeeded'], ['failed', 'failed']];
const SEVERITIES = [['', '–'], ['info', 'info'], ['warning', 'warning'], ['error', 'error'], ['critical', 'critical']];
const PERIODS = [['', '–'], ['hour', 'hour'], ['day', 'day'], ['month', 'month'], ['year', 'year']];

const line = (placeholder) => (value) => input({ value: value ?? '', placeholder });
const choice = (choices) => (value) => select(choices, value ?? '');

/** Path, label, control, hint. Those of the second group are seldom needed. */
const FIRST = [
  ['status', 'Status', choice(STATUSES)],
  ['environment', 'Environment', line('production')],
  ['project', 'Project', line('billing')],
  ['actor', 'Who', line('alice')],
  ['resource.name', 'Resource’s name', line('billing-db')],
  ['resource.type', 'Resource’s type', line('aws_rds_cluster')],
  ['message', 'Message', (value) => textarea({ value: value ?? '', rows: 3 }), 'wide'],
];
const MORE = [
  ['severity', 'Severity', choice(SEVERITIES)],
  ['correlation_id', 'Correlation', line('release-42')],
  ['provider', 'Provider', line('aws')],
  ['region', 'Region', line('eu-west-1')],
  ['account', 'Account', line('111122223333')],
  ['resource.id', 'Resource’s id', line('db-1')],
  ['resource.url', 'Resource’s address', line('https://…')],
  ['estimated_cost.amount', 'Estimated cost', line('41.20')],
  ['estimated_cost.currency', 'Currency', line('USD')],
  ['estimated_cost.period', 'Per', choice(PERIODS)],
  ['changes', 'Changed attributes', line('description, rotation')],
  ['id', 'Id', line('made up if left empty')],
  ['details', 'Details', (value) => textarea({ value: Object.entries(value ?? {}).map(([k, v]) => `${k}: ${v}`).join('\n'), placeholder: 'commit: 9fceb02', rows: 3 }), 'wide'],
];

const at = (event, path) => path.split('.').reduce((value, name) => value?.[name], event);

function put(event, path, value) {
  const names = path.split('.');
  const last = names.pop();
  let inside = event;
  for (const name of names) inside = inside[name] = inside[name] instanceof Object ? inside[name] : {};
  inside[last] = value;
}

/** How the text of a field becomes its value. */
const READ = {
  changes: (text) => text.split(',').map((part) => part.trim()).filter(Boolean),
  details: (text) => Object.fromEntries(text.split('\n').map((row) => row.split(/:(.*)/s)).filter(([name]) => name.trim())
    .map(([name, value = '']) => [name.trim(), value.trim()])),
};

const isEmpty = (value) => value === undefined || (value instanceof Object && !Object.keys(value).length);

/** `value()` is the event with what is in the fields; what has none stays. `tell(faults)` puts them at their fields. */
export function fields(event) {
  const boxes = new Map();
  const make = ([path, label, control, wide]) => {
    const value = at(event, path);
    const box = field(label, control(Array.isArray(value) ? value.join(', ') : value), { wide: Boolean(wide) });
    boxes.set(path, box);
    return box;
  };
  const first = el('div', 'fields', ...FIRST.map(make));
  const more = details('More fields', el('div', 'fields', ...MORE.map(make)));
  return {
    node: el('div', '', first, more),
    value() {
      const made = structuredClone(event);
      for (const [path, { control }] of boxes) {
        const text = control.value.trim();
        put(made, path, text ? (READ[path] ?? String)(text) : undefined);
      }
      const { resource, estimated_cost: cost } = made;
      for (const part of [resource, cost, made]) for (const name of Object.keys(part)) if (isEmpty(part[name])) delete part[name];
      return made;
    },
    tell(faults) {
      for (const box of boxes.values()) box.fault('');
      for (const { pointer, detail } of faults) {
        const [, ...names] = pointer.split('/');
        const box = boxes.get(names.join('.')) ?? boxes.get(names[0]);
        box?.fault(detail);
        if (box && more.contains(box)) more.open = true;
      }
    },
  };
}
