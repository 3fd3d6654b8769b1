// What words can name: the fields of an event, to be put in by a click where one types.

import { el } from '../../core/dom.js';

/** In the order in which people ask for them. */
const FIELDS = [
  'type', 'status', 'environment', 'project', 'actor', 'message', 'resource.name', 'resource.type', 'resource.id', 'resource.url',
  'provider', 'region', 'account', 'severity', 'estimated_cost.amount', 'estimated_cost.currency', 'estimated_cost.period',
  'changes', 'correlation_id', 'occurred_at',
];

/** What else a template can do. */
const MORE = [
  ['only of failures', '{% if status == "failed" %}Look at once!{% endif %}'],
  ['in place of nothing', '{{ actor | default("somebody") }}'],
  ['a list', '{{ changes | join(", ") }}'],
  ['in capitals', '{{ environment | upper }}'],
  ['a detail', '{{ details.commit }}'],
];

const shown = (value) => (Array.isArray(value) ? value.join(', ') : String(value));

function chip(name, title, act) {
  const made = el('button', 'button small', el('code', '', name));
  made.type = 'button';
  if (title) made.title = title;
  made.addEventListener('click', act);
  return made;
}

/**
 * `put(text)` puts a text where somebody last typed. `show(facts, event)` says what can be put
 * there: the names in `facts`, or templates.
 */
export function names(put) {
  const about = el('p', 'soft small');
  const list = el('div', 'actions tight');
  const more = el('details', 'more', el('summary', '', 'What else a template can do'), el('ul', 'stack tight more-body', ...MORE.map(([does, text]) => el('li', 'row-line',
    chip(text, '', () => put(text)), el('span', 'soft small', does)))));
  const node = el('div', 'names', about, list, more);
  return {
    node,
    show(facts, event) {
      const value = (name) => name.split('.').reduce((inside, part) => inside?.[part], event);
      const details = Object.keys(event?.details ?? {}).filter((name) => /^\w+$/.test(name)).map((name) => `details.${name}`);
      about.textContent = facts ? 'Facts of an event. A click adds one to the list.' : 'Fields of an event. A click puts one where you type; those that an event does not have are empty.';
      more.hidden = Boolean(facts);
      list.replaceChildren(...[...facts ?? FIELDS, ...details].map((name) => {
        const now = value(name);
        const title = now === undefined || now === null || typeof now === 'object' && !Array.isArray(now) ? '' : `Now: ${shown(now)}`;
        return chip(name, title, () => put(facts ? name : `{{ ${name} }}`));
      }));
    },
  };
}
