// A config.yaml: what it would change, faults at their lines, and then applied.

import { call, Refusal } from '../core/api.js';
import { el, foreign } from '../core/dom.js';
import { icon } from '../core/icons.js';
import { faultLine } from '../core/lines.js';
import { to } from '../core/router.js';
import { button, checkbox, code, debounce, dialog, failure, head, notice, plural, sure, textarea, toast } from '../core/ui.js';
import { showSecret } from './webhooks/repair.js';

const EXAMPLE = `notifications:
  work:
    provider: slack
    webhook_url: https://hooks.slack.com/services/…
    channels: ["#infra-alerts"]
    events: [deploy, destroy, error]
    environments: [production]
`;

const YAML = 'application/yaml';

/** What becomes of a webhook: sign, words, tone. */
const RESULTS = {
  created: ['plus', 'new', 'good'], updated: ['pen', 'changed', 'warn'],
  unchanged: ['check', 'as it is', 'calm'], removed: ['cross', 'removed', 'bad'],
};

/** The line that a fault is in: the API says it in the detail. */
const LINE = /^line (\d+), column \d+: /;
const lineOf = ({ detail }) => Number(LINE.exec(detail)?.[1] ?? 0);

export async function show() {
  const text = textarea({ rows: 24, code: true, placeholder: EXAMPLE });
  text.setAttribute('aria-label', 'The file');
  const prune = checkbox('Remove webhooks that the file does not name', false);
  const plan = el('div', 'stack');
  plan.setAttribute('role', 'status');
  let turn = 0;

  const apply = button('Apply', async () => {
    const act = async () => {
      try {
        const { results } = await put(false);
        toast(`${plural(results.filter(({ result }) => result !== 'unchanged').length, 'webhook')} changed.`);
        for (const { made } of results) if (made?.secret) showSecret(made.secret);
        await look();
      } catch (error) {
        tell(error);
      }
    };
    const removed = planned.filter(({ result }) => result === 'removed');
    if (!removed.length) return act();
    return sure('Remove webhooks?', `${removed.map(({ name }) => name).join(', ')}: with their credentials.`, 'Apply and remove', act);
  }, { kind: 'primary' });
  apply.disabled = true;
  let planned = [];
  // Only what was seen as a plan is applied.
  const stale = () => {
    apply.disabled = true;
    planned = [];
  };

  const put = (dry) => call('PUT', 'notifications/', {
    body: text.value, type: YAML, query: { dry_run: dry ? 'true' : null, prune: prune.box.checked ? 'true' : null },
  });

  function tell(error) {
    apply.disabled = true;
    if (!(error instanceof Refusal) || !error.faults.length) {
      plan.replaceChildren(failure(error));
      return;
    }
    plan.replaceChildren(notice('bad', 'warning',
      el('p', 'strong', `${plural(error.faults.length, 'fault')}: nothing would be changed`),
      el('ul', 'stack', ...error.faults.map((fault) => faultLine(text, { ...fault, line: lineOf(fault), detail: fault.detail.replace(LINE, '') })))));
  }

  async function look() {
    const mine = ++turn;
    stale();
    if (!text.value.trim()) {
      plan.replaceChildren(el('p', 'soft', 'The plan shows here: what would be new, changed, removed. Nothing is done before you apply it.'));
      return;
    }
    try {
      const { results } = await put(true);
      if (mine !== turn) return;
      planned = results;
      const changes = results.filter(({ result }) => result !== 'unchanged').length;
      apply.disabled = !changes;
      plan.replaceChildren(
        el('p', 'strong', changes ? `${plural(changes, 'webhook')} would change` : 'Everything is as the file says'),
        el('ul', 'list plan', ...results.map(entry)));
    } catch (error) {
      if (mine === turn) tell(error);
    }
  }

  const later = debounce(look, 400);
  text.addEventListener('input', () => {
    turn += 1;
    stale();
    later();
  });
  prune.box.addEventListener('change', look);
  const take = async (file) => {
    text.value = await file.text();
    look();
  };
  const chooser = el('input', 'visually-hidden');
  Object.assign(chooser, { type: 'file', accept: '.yaml,.yml,.json', tabIndex: -1 });
  chooser.setAttribute('aria-label', 'A file');
  chooser.addEventListener('change', () => { if (chooser.files[0]) take(chooser.files[0]); });
  const drop = el('div', 'drop', text);
  drop.addEventListener('dragover', (event) => {
    event.preventDefault();
    drop.classList.add('over');
  });
  drop.addEventListener('dragleave', () => drop.classList.remove('over'));
  drop.addEventListener('drop', (event) => {
    event.preventDefault();
    drop.classList.remove('over');
    if (event.dataTransfer.files[0]) take(event.dataTransfer.files[0]);
  });

  look();
  return {
    title: 'Declare',
    node: el('div', 'page wide',
      head('Declare', {
        lead: 'Webhooks as a file: the notifications block of a config.yaml. Applying it again changes nothing.',
        actions: [button('Current webhooks as a file', async () => {
          const yaml = await call('GET', 'notifications/', { accept: YAML });
          dialog('Current webhooks', el('div', 'stack', el('p', 'soft', 'Credentials are masked. What is masked means “unchanged” when the file is applied.'), code(yaml)));
        })],
      }),
      el('div', 'compose',
        el('section', 'panel stack', el('div', 'actions', button('Choose a file', () => chooser.click(), { sign: 'file' }), chooser, el('span', 'soft small', 'or drop one below, or type')),
          drop, prune, el('div', 'actions', apply)),
        plan)),
  };
}

function entry({ name, result, changed, id, warnings = [] }) {
  const [sign, words, tone] = RESULTS[result] ?? ['check', result, 'calm'];
  const named = foreign(id ? 'a' : 'span', 'strong', name);
  if (id && result !== 'removed') named.href = to('webhooks', id);
  return el('li', 'row',
    el('div', 'row-line', el('span', `status ${tone}`, icon(sign), el('span', '', words)), named),
    changed.length ? el('div', 'row-more', 'What differs: ', el('code', '', changed.join(', '))) : null,
    ...warnings.map((text) => el('div', 'row-more', text)));
}
