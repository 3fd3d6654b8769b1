// Which events a webhook gets: the types, and which of them by what they say.

import { get } from '../../core/api.js';
import { el } from '../../core/dom.js';
import { field, input } from '../../core/ui.js';

let catalogue;

/** The event types, read once. */
export async function eventTypes() {
  catalogue ??= get('event-types/').catch((error) => {
    catalogue = undefined;
    throw error;
  });
  return (await catalogue).results;
}

const READY = [
  ['Everything', '*'],
  ['Deployments and errors', 'deploy, destroy, error'],
  ['Configuration', 'parameter_*, project_*, environment_*, value_*'],
  ['Deletions', '*_deleted, destroy'],
];

/** Types and patterns as text, with a few ready ones and the list of all. */
export async function events(chosen) {
  const types = await eventTypes();
  const text = input({ value: chosen.join(', '), placeholder: 'deploy, *_deleted' });
  const box = field('Events', text, { hint: 'Types, or patterns with *, separated by commas.' });
  const set = (value) => {
    text.value = value;
    text.dispatchEvent(new Event('input', { bubbles: true }));
  };
  const ready = READY.map(([label, value]) => {
    const made = el('button', 'button small', label);
    made.type = 'button';
    made.addEventListener('click', () => set(value));
    return made;
  });
  const all = el('details', 'more', el('summary', '', `All ${types.length} types`), el('ul', 'type-list', ...types.map((type) => {
    const add = el('button', 'button small', type.type);
    add.type = 'button';
    add.addEventListener('click', () => {
      const now = text.value.split(',').map((part) => part.trim()).filter((part) => part && part !== '*');
      set([...new Set([...now, type.type])].join(', '));
    });
    return el('li', '', add, el('span', 'soft small', type.description));
  })));
  box.append(el('div', 'actions', ...ready), all);
  return {
    node: box,
    values: () => text.value.split(',').map((part) => part.trim()).filter(Boolean),
  };
}

const KEYS = ['environment', 'project', 'status', 'severity', 'provider', 'region', 'account', 'resource_type'];
const EXAMPLES = { environment: 'production, prod-*', project: 'billing', status: 'failed', severity: 'error, critical', provider: 'aws', region: 'eu-*', account: '111122223333', resource_type: 'aws_rds_*' };

/** A line for each key: any of its values, and all keys must match. */
export function filters(given) {
  const lines = KEYS.map((key) => [key, field(key.replace('_', ' '), input({ value: (given[key] ?? []).join(', '), placeholder: EXAMPLES[key] }))]);
  const fault = el('p', 'fault');
  const node = el('div', 'filters', el('p', 'soft', 'Every field that you fill in must match; within a field, any one of its values. * stands for any characters.'),
    el('div', 'fields', ...lines.map(([, box]) => box)), fault);
  fault.hidden = true;
  node.fault = (text) => {
    fault.textContent = text;
    fault.hidden = !text;
  };
  return {
    node,
    values: () => Object.fromEntries(lines
      .map(([key, { control }]) => [key, control.value.split(',').map((part) => part.trim()).filter(Boolean)])
      .filter(([, values]) => values.length)),
  };
}
