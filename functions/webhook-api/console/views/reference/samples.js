// A call in curl, Python and TypeScript.

import { el } from '../../core/dom.js';
import { code } from '../../core/ui.js';

const NAMES = ['curl', 'Python', 'TypeScript'];
let chosen = NAMES[0];

/** The path with an example in the place of each parameter. */
function filled({ api, path, parameters }) {
  const values = Object.fromEntries(parameters.filter((one) => one.in === 'path').map(({ name, example, schema }) => [name, example ?? schema?.example ?? name]));
  return new URL(path.replace(/^\/api\/v1\//, '').replaceAll(/\{(\w+)\}/g, (_, name) => encodeURIComponent(values[name] ?? name)), api).href;
}

const WRITE = {
  curl({ method, body, type }, url) {
    const lines = [`curl ${method === 'GET' ? '' : `-X ${method} `}'${url}'`, `-H "Authorization: Bearer $CARILLON_KEY"`];
    if (body !== undefined) lines.push(`-H 'Content-Type: ${type}'`, `-d '${text(body).replaceAll("'", "'\\''")}'`);
    return lines.join(' \\\n  ');
  },
  Python({ method, body, type }, url) {
    const isJson = type === 'application/json';
    const sent = body === undefined ? '' : isJson ? `,\n    json=${python(body)}` : `,\n    data=${JSON.stringify(text(body))}`;
    const headers = body === undefined || isJson ? '' : `, "Content-Type": ${JSON.stringify(type)}`;
    return `import os, requests\n\nanswer = requests.${method.toLowerCase()}(\n    ${JSON.stringify(url)},\n    headers={"Authorization": f"Bearer {os.environ['CARILLON_KEY']}"${headers}}${sent},\n)\nanswer.raise_for_status()\nprint(answer.json())`;
  },
  TypeScript({ method, body, type }, url) {
    const headers = `Authorization: \`Bearer \${process.env.CARILLON_KEY}\`${body === undefined ? '' : `, "Content-Type": ${JSON.stringify(type)}`}`;
    const sent = body === undefined ? '' : `\n  body: ${typeof body === 'string' ? JSON.stringify(body) : `JSON.stringify(${indented(JSON.stringify(body, null, 2))})`},`;
    return `const answer = await fetch(${JSON.stringify(url)}, {\n  method: ${JSON.stringify(method)},\n  headers: { ${headers} },${sent}\n});\nif (!answer.ok) throw new Error((await answer.json()).detail);\nconsole.log(await answer.json());`;
  },
};

const text = (body) => (typeof body === 'string' ? body : JSON.stringify(body));
const indented = (json) => json.replaceAll('\n', '\n  ');

/** JSON's words are not Python's. */
function python(value, depth = 1) {
  const pad = '    '.repeat(depth + 1);
  const end = '    '.repeat(depth);
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (Array.isArray(value)) return `[${value.map((one) => python(one, depth)).join(', ')}]`;
  if (typeof value === 'object') return `{\n${Object.entries(value).map(([name, one]) => `${pad}${JSON.stringify(name)}: ${python(one, depth + 1)},\n`).join('')}${end}}`;
  return JSON.stringify(value);
}

export function samples(call) {
  const url = filled(call);
  const body = el('div', '');
  const buttons = NAMES.map((name) => {
    const made = el('button', 'button small', name);
    made.type = 'button';
    made.addEventListener('click', () => {
      chosen = name;
      draw();
    });
    return made;
  });
  function draw() {
    buttons.forEach((made, index) => made.setAttribute('aria-pressed', String(NAMES[index] === chosen)));
    body.replaceChildren(code(WRITE[chosen](call, url)));
  }
  draw();
  return el('section', 'stack', el('div', 'actions', ...buttons), body);
}
