// A schema as a list of fields, opened level by level.

import { el, prose } from '../../core/dom.js';

/** What the document says once, and refers to. */
export function found(api, given) {
  const [, , kind, name] = given?.$ref?.split('/') ?? [];
  return kind ? api.components[kind][name] : given;
}

/** What is sent or answered, by example. */
export function example(api, { example: given, examples }) {
  return given ?? found(api, Object.values(examples ?? {})[0])?.value;
}

function resolve(api, schema) {
  const { $ref, ...own } = schema ?? {};
  return $ref ? { ...found(api, schema), ...own } : own;
}

const isNull = (schema) => schema.type === 'null';

/** The alternatives that say something. */
function variants(api, schema) {
  const given = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].map((one) => resolve(api, one));
  return given.filter((one) => !isNull(one));
}

/** A type in a few words. */
function words(api, given) {
  const schema = resolve(api, given);
  const some = variants(api, schema);
  if (some.length === 1) return words(api, some[0]);
  if (some.length) return [...new Set(some.map((one) => one.title ?? words(api, one)))].join(' or ');
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  const types = [schema.type ?? (schema.properties ? 'object' : 'anything')].flat().filter((type) => type !== 'null');
  if (types[0] === 'array') return `list of ${words(api, schema.items ?? {})}`;
  if (types[0] === 'object' && schema.additionalProperties?.type) return `object of ${schema.additionalProperties.type}s`;
  const limits = [
    schema.format, schema.maxLength && `at most ${schema.maxLength.toLocaleString()} characters`,
    schema.minimum !== undefined && schema.maximum !== undefined ? `${schema.minimum} to ${schema.maximum}` : null,
    schema.default !== undefined ? `default ${JSON.stringify(schema.default)}` : null,
  ].filter(Boolean);
  return [types.join(' or '), ...limits].join(', ');
}

/** What has fields of its own, through lists and single alternatives. */
function inside(api, given) {
  const schema = resolve(api, given);
  if (schema.properties) return schema;
  const some = variants(api, schema);
  if (some.length === 1) return inside(api, some[0]);
  if (some.length) return some.some((one) => inside(api, one)) ? schema : null;
  if (schema.allOf) return merged(api, schema);
  return schema.items ? inside(api, schema.items) : null;
}

function merged(api, { allOf }) {
  const parts = allOf.map((one) => resolve(api, one));
  return { properties: Object.assign({}, ...parts.map(({ properties }) => properties)), required: parts.flatMap(({ required }) => required ?? []) };
}

/** What tells an alternative from the others: its title, or what its `type` must be. */
function labelOf(api, one) {
  const { enum: values, const: value } = one.properties?.type ?? {};
  const only = value ?? (values?.length === 1 ? values[0] : null);
  return one.title ?? (only ? `type ${only}` : words(api, one));
}

/** `bare`: in a line, for a parameter. */
export function shape(api, given, { bare = false } = {}) {
  const schema = resolve(api, given);
  if (bare) return el('p', 'soft small', words(api, schema));
  const inner = inside(api, schema);
  if (!inner) return el('p', 'soft', words(api, schema), schema.description ? ['. ', ...prose(schema.description)] : null);
  const some = inner.properties ? [] : variants(api, inner);
  if (some.length > 1) {
    return el('div', 'stack', el('p', 'soft small', 'One of:'), ...some.map((one) => later(labelOf(api, one), () => shape(api, one))));
  }
  const { properties, required = [] } = inner.allOf ? merged(api, inner) : inner;
  return el('dl', 'properties', ...Object.entries(properties).flatMap(([name, property]) => {
    const one = resolve(api, property);
    if (isNull(one)) return [];
    const deeper = inside(api, one);
    const about = one.description ?? variants(api, one)[0]?.description;
    return [
      el('dt', '', el('code', '', name), ' ', el('span', 'soft small', `${words(api, one).slice(0, 160)}${required.includes(name) ? ' · required' : ''}`)),
      el('dd', '', about ? el('p', '', ...prose(about)) : null, deeper ? later('Fields', () => shape(api, deeper)) : null)];
  }));
}

/** Drawn when somebody looks: some shapes contain themselves. */
function later(label, draw) {
  const made = el('details', 'more', el('summary', '', label));
  made.addEventListener('toggle', () => { if (made.open && made.children.length === 1) made.append(el('div', 'more-body', draw())); });
  return made;
}
