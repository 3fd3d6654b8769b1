// The API's reference: its own document, in the console's dress. Needs no key.

import { apiDocument } from '../../core/document.js';
import { el, prose } from '../../core/dom.js';
import { to } from '../../core/router.js';
import { code, debounce, details, empty, head, input, linkButton } from '../../core/ui.js';
import { samples } from './samples.js';
import { example, found, shape } from './schema.js';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
const API = new URL('api/v1/', document.baseURI);

/** A call's name in the address, such as `get-webhooks-id`. */
const slug = (method, path) => `${method}${path.replace('/api/v1', '').replaceAll(/[{}]/g, '').replace(/\/$/, '').replaceAll('/', '-')}`;

/** Every operation: `{ id, tag, method, path, operation }`, in the order of the tags. */
function operations({ paths, tags }) {
  const all = Object.entries(paths).flatMap(([path, item]) => METHODS.filter((method) => item[method]).map((method) => {
    const operation = item[method];
    return { id: slug(method, path), tag: operation.tags?.[0] ?? '', method: method.toUpperCase(), path, operation };
  }));
  const order = tags.map(({ name }) => name);
  // What a tag is called after comes first in it.
  const rank = ({ tag, path }) => 2 * order.indexOf(tag) + !path.startsWith(`/api/v1/${tag}/`);
  return all.sort((a, b) => rank(a) - rank(b));
}

export async function show([chosen]) {
  const api = await apiDocument();
  const all = operations(api);
  const search = input({ type: 'search', placeholder: 'Search calls' });
  search.setAttribute('aria-label', 'Search calls');
  const index = el('div', '');
  const body = el('div', 'stack');
  const nav = el('nav', 'reference-index', search, index);
  nav.setAttribute('aria-label', 'Calls');

  function draw() {
    const wanted = search.value.trim().toLowerCase();
    const fits = ({ path, method, operation }) => `${method} ${path} ${operation.summary}`.toLowerCase().includes(wanted);
    const groups = api.tags.map((tag) => [tag, all.filter((one) => one.tag === tag.name && fits(one))]).filter(([, list]) => list.length);
    if (!groups.length) index.replaceChildren(el('p', 'soft', 'No call has these words.'));
    else index.replaceChildren(...groups.flatMap(([{ name, description }, list]) => [
      el('h2', '', name.replace('-', ' ')), el('p', 'soft small', description), el('ul', '', ...list.map(entry))]));
  }

  function entry({ id, method, path }) {
    const link = el('a', 'call-link', verb(method), el('code', '', path.replace('/api/v1', '')));
    link.href = to('reference', id);
    link.dataset.main = '';
    if (id === chosen) link.setAttribute('aria-current', 'page');
    return el('li', '', link);
  }

  search.addEventListener('input', debounce(draw, 100));
  draw();
  const one = all.find(({ id }) => id === chosen);
  body.replaceChildren(...(one ? call(api, one) : overview(api)));
  if (chosen && !one) body.replaceChildren(empty('There is no such call', 'Choose one from the list.'));
  return {
    title: one ? `${one.method} ${one.path}` : 'API reference',
    node: el('div', 'page wide', el('div', 'reference', nav, body)),
    begin: () => index.querySelector('[aria-current]')?.scrollIntoView({ block: 'center' }),
  };
}

const verb = (method) => el('span', `verb verb-${method.toLowerCase()}`, method);

function overview({ info }) {
  const [lead, ...more] = info.description.split('\n\n');
  return [
    head('API reference', { lead: prose(lead), actions: [linkButton('OpenAPI document', new URL('openapi.json', API).href, { sign: 'file' })] }),
    el('section', 'panel stack',
      el('h2', '', 'Calls'),
      el('p', '', 'Every call needs the header ', el('code', '', 'Authorization: Bearer <key>'), ' (or ', el('code', '', 'Api-Key <key>'), '), but those under “meta”. JSON goes in and comes out; paths work with and without the slash at their end.'),
      el('p', '', 'Here, the API is at ', el('code', '', API.href.replace(/\/$/, '')), '.')),
    more.length ? el('section', 'panel stack', el('h2', '', 'What to rely on'), ...more.map((text) => el('p', '', ...prose(text)))) : '',
    el('section', 'panel stack', el('h2', '', 'Lists'),
      el('p', '', 'A list is ', el('code', '', '{"results": […], "next": "…"}'), '. Give ', el('code', '', 'next'), ' as ', el('code', '', 'cursor'), ' to go on, until it is null. ', el('code', '', 'limit'), ' is 1 to 100.')),
    el('section', 'panel stack', el('h2', '', 'Errors'),
      el('p', '', 'An error is a problem document (RFC 9457) with ', el('code', '', 'title'), ', ', el('code', '', 'detail'), ' and ', el('code', '', 'request_id'), '. Where the input has faults, ', el('code', '', 'errors'), ' lists all of them, each with a pointer to its field.')),
  ];
}

function call(api, { method, path, operation }) {
  const parameters = (operation.parameters ?? []).map((one) => found(api, one));
  // Plain JSON first, where there are several.
  const bodies = Object.entries(operation.requestBody?.content ?? {})
    .sort(([a], [b]) => (b === 'application/json') - (a === 'application/json'));
  const answers = Object.entries(operation.responses ?? {});
  const sent = bodies[0] && example(api, bodies[0][1]);
  return [
    el('header', 'head', el('div', 'head-main', el('h1', '', operation.summary), el('p', 'call-path', verb(method), el('code', '', path)))),
    operation.description ? el('p', '', ...prose(operation.description)) : null,
    (operation.security ?? api.security).length ? null : el('p', 'soft', 'Needs no key.'),
    samples({ api: API, method, path, parameters, body: sent, type: bodies[0]?.[0] }),
    parameters.length ? el('section', 'panel', el('h2', '', 'Parameters'), el('dl', 'properties', ...parameters.flatMap((parameter) => property(api, parameter)))) : null,
    ...bodies.map(([type, content]) => el('section', 'panel', el('h2', '', 'Body'), el('p', 'soft small', type), shape(api, content.schema))),
    el('section', 'panel', el('h2', '', 'Answers'), ...answers.map(([status, answer]) => reply(api, status, answer))),
  ].filter(Boolean);
}

function property(api, { name, in: where, required, description, schema }) {
  return [
    el('dt', '', el('code', '', name), ' ', el('span', 'soft small', `${where}${required ? ', required' : ''}`)),
    el('dd', '', ...prose(description ?? ''), schema ? shape(api, schema, { bare: true }) : null)];
}

function reply(api, status, given) {
  const { description, content = {} } = found(api, given);
  const [first] = Object.entries(content);
  const title = el('p', 'row-line', el('span', `status ${status < 300 ? 'good' : 'calm'}`, status), el('span', '', ...prose(description ?? '')));
  if (!first) return el('div', 'answer', title);
  const [type, body] = first;
  const shown = example(api, body);
  return el('div', 'answer', title,
    details('Shape', el('p', 'soft small', type), shape(api, body.schema)),
    shown === undefined ? null : details('Example', code(typeof shown === 'string' ? shown : JSON.stringify(shown, null, 2))));
}

