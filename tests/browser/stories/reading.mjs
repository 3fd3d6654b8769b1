// What people paste as an event is read as they mean it, and faults stand at their lines.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calm, slack, Stage } from '../harness.mjs';

const stage = await Stage.start();
const page = await stage.open('#/compose', { expects: [400] });

/** What the page makes of texts: the value, or the line and the fault. */
const read = (texts) => page.evaluate(async (given) => {
  const at = (name) => new URL(`console/x/views/compose/text/${name}.js`, document.baseURI).href;
  const reader = await import(at('read'));
  return given.map((text) => {
    try {
      const { event, taken } = reader.read(text);
      // As JSON: on the way out of the page a name such as `__proto__` would be lost.
      return { event: JSON.stringify(event), taken };
    } catch (error) {
      return { line: error.line, fault: error.message };
    }
  });
}, texts);

test('YAML is read as people write it', async () => {
  const cases = [
    ['type: deploy', { type: 'deploy' }],
    ['---\n# A release.\ntype: deploy # now\nstatus: failed\n', { type: 'deploy', status: 'failed' }],
    ['type: deploy\r\nresource:\r\n  name: billing-db\r\n  url: https://wiki.example.com/#top\r\n', { type: 'deploy', resource: { name: 'billing-db', url: 'https://wiki.example.com/#top' } }],
    // Numbers stay as they are written; only `dry_run` needs more than texts.
    ['account: 000111122223333\nspecversion: 1.0\ndry_run: true\nregion: ~\nproject:\n', { account: '000111122223333', specversion: '1.0', dry_run: true, region: null, project: null }],
    ['changes:\n- a\n- "b: c"\n-   \'it\'\'s\'\n', { changes: ['a', 'b: c', "it's"] }],
    ['changes:\n  - a\n  # not this\n\n  - b', { changes: ['a', 'b'] }],
    ['changes: [a, "b, c", d e] # three\ndetails: { commit: 9fceb02, "two words": x:y,\n  empty: , url: http://x }\nactor: alice', { changes: ['a', 'b, c', 'd e'], details: { commit: '9fceb02', 'two words': 'x:y', empty: null, url: 'http://x' }, actor: 'alice' }],
    ['message: |\n  one\n    two\n\n  three\nactor: alice', { message: 'one\n  two\n\nthree\n', actor: 'alice' }],
    ['message: |-\n\n  one\n\n\nactor: alice', { message: '\none', actor: 'alice' }],
    ['message: >\n  one\n  two\n\n  three\n    four\n  five\n', { message: 'one two\nthree\n  four\nfive\n' }],
    ['message: >-\n  # no comment\n  two', { message: '# no comment two' }],
    ['message: one\n  two\n  three\nactor: a#b', { message: 'one two three', actor: 'a#b' }],
    ['"message": "a\\tb\\u00e9 \\"c\\""\n\'x y\': 1', { message: 'a\tbé "c"', 'x y': '1' }],
    ['list:\n  - name: a\n    value: b\n  - - c\n    - d\n  -\n    e: f\n', { list: [{ name: 'a', value: 'b' }, ['c', 'd'], { e: 'f' }] }],
    ['details:\n  __proto__: x\n', JSON.parse('{"details": {"__proto__": "x"}}')],
  ];
  const found = await read(cases.map(([text]) => text));
  cases.forEach(([text, event], index) => assert.equal(found[index].event, JSON.stringify(event), `${text}\n${found[index].fault}`));
});

test('what is not read says so, at its line', async () => {
  const cases = [
    ['type: deploy\n\tstatus: failed', 2, /spaces/],
    ['type: deploy\nstatus', 2, /colon and a space/],
    ['type: deploy\n  status: failed', 2, /quotes/],
    ['message: deployed: all', 1, /quotes/],
    ['type: deploy\ntype: error', 2, /twice/],
    ['a: &x 1\nb: *x', 1, /`&`/],
    ['a: 1\nb: *x', 2, /`\*`/],
    ['a: !!str 1', 1, /`!`/],
    ['a: 1\n&x b: 2', 2, /`&`/],
    ['a: 1\n---\nb: 2', 2, /one document/],
    ['a: "open\nb: 2', 1, /closing quote/],
    ['a: [1,\n  2\nb: 3', 3, /missing/],
    ['a: - b', 1, /next line|after the colon/],
    ['a:\n    b: 1\n  c: 2', 3, /indented/],
    [`a: ${'['.repeat(5000)}`, 1, /deeply/],
    ['{"type": "deploy",\n "status": failed}', 2, /value/],
    ['{"type": "deploy"\n "status": "failed"}', 2, /comma/],
    ['{"type": "deploy",\n}', 2, /comma/],
    ['["deploy",\n]', 2, /value/],
    ['{"type"}', 1, /colon/],
    ['{"type": "a\tb"}', 1, /another way/],
    ['{"type": "\\x41"}', 1, /another way/],
    ['{"type": \'a\'}', 1, /value/],
    ['{"type": "a"} # no', 1, /after the end/],
    ['{"type": "a",\n"type": "b"}', 2, /twice/],
    ['{"id": 12345678901234567890}', 1, /quotes/],
    ['{"a": "b"} x', 1, /after the end/],
    [`${'['.repeat(5000)}`, 1, /deeply/],
    ['[{"type": "deploy"}]', 1, /one event/],
    ['just a text', 1, /fields/],
    ['\nnotifications:\n  work: {}', 2, /Declare/],
    ['  ', 1, /nothing/],
  ];
  const found = await read(cases.map(([text]) => text));
  cases.forEach(([text, line, fault], index) => {
    assert.match(found[index].fault ?? 'no fault', fault, text);
    assert.equal(found[index].line, line, `${text}: ${found[index].fault}`);
  });
});

test('JSON is read as browsers read it', async () => {
  const texts = ['{"a": [1, -2.5e3, true, false, null, "\\u00e9\\n\\"", {}, []], "b": {"c": "d"}, "__proto__": 1}', ' \n{ "x" : "y" }\n', '{}'];
  const found = await read(texts);
  texts.forEach((text, index) => assert.equal(found[index].event, JSON.stringify(JSON.parse(text)), found[index].fault));
});

test('an event is pasted as YAML or as a CloudEvent, and its faults stand at their lines', async () => {
  await stage.webhook(slack('slack'));
  await page.getByRole('button', { name: 'JSON or YAML' }).click();
  const text = page.getByLabel('The event as text');
  await page.getByText('Taken for an event of Carillon, in JSON.').waitFor();

  // What the API says of a field is at the line of the field.
  await text.fill('type: deploy\nresource:\n  name: billing-db\nstatus: finished\n');
  await page.getByRole('button', { name: 'Line 4' }).click();
  const chosen = await text.evaluate((area) => area.value.slice(area.selectionStart, area.selectionEnd));
  assert.equal(chosen, 'status: finished');
  await text.fill('type: deploy\nstatus: "open\n');
  await page.getByRole('button', { name: 'Line 2' }).waitFor();

  await text.fill('type: deploy\nmessage: >-\n  pasted\n  as YAML\n');
  await page.getByText('Taken for an event of Carillon, in YAML.').waitFor();
  await page.locator('.preview .card.slack').getByText('pasted as YAML').first().waitFor();
  await page.getByRole('button', { name: 'Fields' }).click();
  assert.equal(await page.getByLabel('Message').inputValue(), 'pasted as YAML');

  await page.getByRole('button', { name: 'JSON or YAML' }).click();
  await text.fill('specversion: 1.0\nid: release-42\nsource: /ci\ntype: com.acme.deploy\ndata:\n  message: a cloud event\n');
  await page.getByText('Taken for a CloudEvent, in YAML.').waitFor();
  await page.locator('.preview .card.slack').getByText('a cloud event').first().waitFor();
  // A CloudEvent has no dry run: none is offered, and none is sent for real by mistake.
  assert.equal(await page.getByText('Dry run').isVisible(), false);
  await page.getByRole('button', { name: 'Publish' }).click();
  await page.getByRole('heading', { name: /deploy/i }).first().waitFor();
  calm(page);
});
