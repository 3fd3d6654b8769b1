// What else a destination can be told. Which options there are, and what they mean, stands in the
// API's own document: the form asks for no more and no less.

import { apiDocument } from '../../core/document.js';
import { el } from '../../core/dom.js';
import { checkbox, field, input, select, textarea } from '../../core/ui.js';

/** What the form asks for elsewhere. */
const ELSEWHERE = ['channel', 'channels'];

const isNull = ({ type }) => type === 'null';

/** What the document says once, where it is said. */
const said = (schemas, { $ref, ...own }) => ($ref ? { ...schemas[$ref.split('/').at(-1)], ...own } : own);

/** The schema of what may be given, whether or not it may be left out. */
function inner(schemas, given) {
  const some = given.anyOf?.find((part) => !isNull(part));
  return some ? { ...said(schemas, some), description: given.description ?? some.description } : said(schemas, given);
}

/** Where there is only the usual, there is nothing to choose. */
const isChoice = (one, now) => now !== undefined || one.enum?.join() !== 'none';

const typesOf = ({ type }) => [type].flat();

/** One option: a control, and how its value is read. */
function option(name, one, now) {
  const hint = one.description;
  const label = name[0].toUpperCase() + name.slice(1).replaceAll('_', ' ');
  if (one.enum) {
    const box = field(label, select([['', 'As usual'], ...one.enum.map((value) => [value, value])], now ?? ''), { hint });
    return { box, value: () => box.control.value || undefined };
  }
  if (typesOf(one).includes('boolean')) {
    const made = checkbox(hint ?? label, now);
    const box = el('div', 'field wide', made);
    box.control = made.box;
    box.fault = () => {};
    return { box, value: () => (made.box.checked ? true : now === undefined ? undefined : false) };
  }
  if (typesOf(one).includes('object')) {
    const lines = Object.entries(now ?? {}).map(([key, value]) => `${key}: ${value}`).join('\n');
    const [known] = Object.keys(one.properties ?? {});
    const box = field(label, textarea({ value: lines, placeholder: known ? `${known}: …` : 'Authorization: Bearer …', code: true }), { hint, wide: true });
    return { box, value: () => pairs(box.control.value) };
  }
  const isList = typesOf(one).includes('array');
  const isNumber = typesOf(one).includes('integer');
  const box = field(label, input({ value: [now ?? ''].flat().join(', '), type: isNumber ? 'number' : 'text' }), { hint });
  return {
    box,
    value() {
      const text = box.control.value.trim();
      if (!text) return undefined;
      if (isNumber) return Number(text);
      return isList ? text.split(',').map((part) => part.trim()).filter(Boolean) : text;
    },
  };
}

function pairs(text) {
  const lines = text.split('\n').map((line) => line.split(/:(.*)/s)).filter(([key]) => key.trim());
  return lines.length ? Object.fromEntries(lines.map(([key, value = '']) => [key.trim(), value.trim()])) : undefined;
}

/** The options of a kind, read when somebody looks at them; set ones are there at once. */
export function options(kind, now) {
  const asked = [...ELSEWHERE, ...kind.asks.map(({ name }) => name)];
  const set = Object.keys(now).filter((name) => !asked.includes(name));
  const body = el('div', 'fields');
  const node = el('details', 'more wide', el('summary', '', 'More options'), el('div', 'more-body', body));
  let made = null;
  let isAsked = false;

  async function load() {
    if (isAsked) return;
    isAsked = true;
    try {
      const all = new Map();
      const { components: { schemas } } = await apiDocument();
      for (const [name, given] of Object.entries(schemas[kind.schema].properties)) {
        const one = inner(schemas, given);
        if (asked.includes(name) || isNull(given) || !isChoice(one, now[name])) continue;
        const drawn = option(name, one, now[name]);
        all.set(name, drawn);
      }
      body.replaceChildren(...[...all.values()].map(({ box }) => box));
      made = all;
    } catch (error) {
      isAsked = false;
      body.replaceChildren(el('p', 'fault', error.message));
    }
  }

  node.addEventListener('toggle', () => { if (node.open) load(); });
  return {
    node,
    values() {
      if (!made) return Object.fromEntries(set.map((name) => [name, now[name]]));
      const values = [...made].map(([name, { value }]) => [name, value()]);
      return Object.fromEntries(values.filter(([, value]) => value !== undefined));
    },
    clear: () => made?.forEach(({ box }) => box.fault('')),
    /** Whether there is a field to show the fault at. */
    fault(name, text) {
      const one = made?.get(name);
      one?.box.fault(text);
      if (one) node.open = true;
      return Boolean(one);
    },
  };
}
