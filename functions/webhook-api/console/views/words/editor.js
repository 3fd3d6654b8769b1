// The words themselves: a title, a text, facts, links, and whom to mention. What is empty is as
// usual.

import { schema } from '../../core/document.js';
import { el } from '../../core/dom.js';
import { button, checkbox, details, field, input, textarea } from '../../core/ui.js';
import { filters } from '../webhooks/choices.js';
import { names } from './names.js';
import { rows } from './rows.js';

const EXAMPLE = {
  title: '{{ resource.name or "Something" }} {{ status }} in {{ environment }}',
  text: '{% if actor %}{{ actor }} did this. {% endif %}{{ message }}',
  fields: ['environment', 'status', 'estimated_cost'],
  links: [{ label: 'Runbook', url: 'https://wiki.example.com/{{ resource.type }}' }],
};

const list = (text) => text.split(',').map((part) => part.trim()).filter(Boolean);
const given = (text) => (text.trim() ? text : undefined);

function link({ label = '', url = '' }) {
  const name = field('Label', input({ value: label, placeholder: 'Runbook', className: 'code' }));
  const address = field('Address', input({ value: url, placeholder: 'https://wiki.example.com/{{ resource.type }}', className: 'code' }));
  return {
    node: el('div', 'fields of-link', name, address),
    value: () => (given(name.control.value) || given(address.control.value) ? { label: name.control.value, url: address.control.value } : undefined),
    fault: (text, [part] = []) => {
      if (!text || part !== 'url') name.fault(text);
      if (!text || part === 'url') address.fault(text);
    },
  };
}

/** `forms` are those in which the platform takes whom to mention. */
const mention = (forms) => ({ who = [], when }) => {
  const whom = field('Whom', input({ value: who.join(', '), className: 'code' }), { hint: `Separated by commas: ${forms.join('; ')}.`, wide: true });
  const only = filters(when ?? {});
  const some = details('Only some events', only.node);
  some.open = Object.keys(when ?? {}).length > 0;
  return {
    node: el('div', 'stack', whom, some),
    value() {
      const conditions = only.values();
      const wanted = list(whom.control.value);
      if (!wanted.length && !Object.keys(conditions).length) return undefined;
      return { who: wanted, ...(Object.keys(conditions).length ? { when: conditions } : {}) };
    },
    fault(text, [part, key] = []) {
      if (!text || part !== 'when') whom.fault(text);
      if (!text || part === 'when') only.node.fault(text && key ? `${key}: ${text}` : text);
      if (text && part === 'when') some.open = true;
    },
  };
};

/** `value()` is the `message`, or undefined where all is as usual; `tell(faults)` puts them at their fields. */
export function editor(message, { mentions: forms, changed }) {
  const title = field('Title', textarea({ rows: 2, code: true, placeholder: EXAMPLE.title }), { hint: 'Instead of the headline. Where all its values are missing, the usual one stands.', wide: true });
  const text = field('Text', textarea({ rows: 4, code: true, placeholder: '{{ message }}' }), { hint: 'Instead of the event’s message.', wide: true });
  const facts = field('Facts', input({ placeholder: EXAMPLE.fields.join(', '), className: 'code' }), { hint: 'Which, in this order, separated by commas.', wide: true });
  const none = checkbox('No facts at all', false, (checked) => { facts.control.disabled = checked; });
  facts.append(none);
  const links = rows({ title: 'Links', about: 'Below the message. Values in an address are encoded.', add: 'Add a link', most: 5, make: link, changed });
  const mentions = rows({ title: 'Mentions', about: 'Whom to ping. Nothing else pings anybody.', add: 'Mention somebody', most: 10, make: mention(forms), changed });
  const palette = names(put);
  let last = title.control;
  let event = null;
  let known = null;

  function put(words) {
    const isFact = last === facts.control;
    if (isFact) last.value = [...new Set([...list(last.value), words])].join(', ');
    else last.setRangeText(words, last.selectionStart, last.selectionEnd, 'end');
    last.focus();
    last.dispatchEvent(new Event('input', { bubbles: true }));
  }

  const offer = () => palette.show(last === facts.control ? known ?? [] : null, event);

  function set(wanted) {
    title.control.value = wanted?.title ?? '';
    text.control.value = wanted?.text ?? '';
    facts.control.value = (wanted?.fields ?? []).join(', ');
    none.box.checked = wanted?.fields?.length === 0;
    facts.control.disabled = none.box.checked;
    links.set(wanted?.links);
    mentions.set(wanted?.mentions);
  }

  function value() {
    const own = list(facts.control.value);
    const made = {
      title: given(title.control.value), text: given(text.control.value),
      fields: none.box.checked ? [] : own.length ? own : undefined,
      links: links.values(), mentions: mentions.values(),
    };
    const said = Object.entries(made).filter(([, one]) => one !== undefined);
    return said.length ? Object.fromEntries(said) : undefined;
  }

  const fill = (wanted) => () => {
    set(wanted);
    changed();
    title.control.focus();
  };
  const node = el('div', 'stack',
    el('div', 'actions', button('Begin with an example', fill(EXAMPLE), { kind: 'small' }), button('All as usual', fill({}), { kind: 'small' })),
    title, text, palette.node, facts, links.node, mentions.node);
  node.addEventListener('focusin', ({ target }) => {
    // Templates, and the list of facts.
    if (!target.matches('.code') || mentions.node.contains(target)) return;
    last = target;
    offer();
  });
  set(message);
  offer();
  schema('MessageTemplate').then(({ properties }) => {
    known = properties.fields.items.anyOf[0].enum;
    offer();
  }, () => {});

  const boxes = { title, text, fields: facts };
  return {
    node,
    value,
    /** The event whose values the names have. */
    name(wanted) {
      event = wanted;
      offer();
    },
    /** `pointer` begins at the message. Returns those that have no field. */
    tell(faults) {
      for (const box of Object.values(boxes)) box.fault('');
      links.clear();
      mentions.clear();
      return faults.filter(({ pointer, detail }) => {
        const [, part, index, ...rest] = pointer.split('/');
        const row = { links, mentions }[part]?.at(index);
        if (row) row.fault(detail, rest);
        else if (boxes[part]) boxes[part].fault(detail);
        else return true;
        return false;
      });
    },
  };
}
