// What people do about a webhook: try it, switch it on or off, give it another credential, and have
// sent once more what did not get through.

import { call, post } from '../../core/api.js';
import { el, sentence } from '../../core/dom.js';
import { go } from '../../core/router.js';
import { button, checkbox, code, dialog, field, input, notice, plural, select, sure, toast } from '../../core/ui.js';
import { place } from '../../place.js';
import { kindOf } from './kinds.js';

const path = ({ id }, rest = '') => `webhooks/${encodeURIComponent(id)}/${rest}`;

const OUTCOMES = { delivered: ['good', 'check', 'It arrived.'] };

/** Sends a test message, and shows what the platform said. `changed` is told afterwards. */
export function testButton(webhook, changed) {
  return button('Send a test', async () => {
    const said = await post(path(webhook, 'test/'));
    const [tone, sign, words] = OUTCOMES[said.outcome] ?? ['bad', 'warning', 'It did not arrive.'];
    const facts = [said.http_status && `status ${said.http_status}`, said.code, `${said.duration_ms} ms`].filter(Boolean);
    dialog(`Test of ${webhook.name}`, notice(tone, sign,
      el('p', 'strong', words), said.hint ? el('p', '', said.hint) : null, el('p', 'soft small', facts.join(' · '))));
    await changed?.();
  }, { title: 'Sends a ping in the same way as every delivery' });
}

export function enableButton(webhook, changed, label = 'Switch on', kind = 'primary') {
  return button(label, async () => {
    await call('PATCH', path(webhook), { body: { enabled: true } });
    toast(`${webhook.name} is on.`);
    await changed();
    await offerRecovery(webhook);
  }, { sign: 'check', kind });
}

export function disableButton(webhook, changed) {
  return button('Switch off', async () => {
    await call('PATCH', path(webhook), { body: { enabled: false } });
    toast(`${webhook.name} is off. Events that come now are skipped.`);
    await changed();
  }, { sign: 'pause' });
}

/** Asks for a new credential; verified by the platform before it takes the place of the old one. */
export function rotateButton(webhook, changed, kind = '') {
  return button('Replace the credential', () => rotate(webhook, changed), { sign: 'again', kind });
}

function rotate(webhook, changed) {
  const { asks, made: secret } = kindOf(webhook);
  const wanted = secret ?? asks[0];
  const box = field(wanted.label, input({ type: 'password', placeholder: wanted.placeholder }), {
    hint: secret ? wanted.hint : `Now: ${webhook.configuration[wanted.name] ?? 'none'}`,
  });
  const everywhere = checkbox('Also for the other webhooks that use the same one', false);
  const verify = checkbox('Ask the platform whether it works', true);
  const act = button('Replace', async () => {
    box.fault('');
    const value = box.control.value.trim();
    const body = value ? { [wanted.name]: value } : {};
    if (everywhere.box.checked && !secret) body.everywhere = true;
    try {
      const answer = await post(path(webhook, 'rotate/'), body, { query: { verify: verify.box.checked ? null : 'false' } });
      made.close();
      toast('The new credential is in use. The old one is the fallback until it has delivered once.');
      if (secret && !value) await showSecret(answer.configuration[secret.name], answer.configuration.url);
      await changed();
      await offerRecovery(webhook);
    } catch (error) {
      box.fault(error.faults.map(({ detail }) => detail).join(' ') || error.message);
    }
  }, { kind: 'primary' });
  const asked = el('form', 'stack', box, secret ? null : everywhere, verify);
  asked.addEventListener('submit', (event) => {
    event.preventDefault();
    act.click();
  });
  const made = dialog(`Replace the credential of ${webhook.name}`, asked, [button('Cancel', () => made.close()), act]);
  box.control.focus();
}

/** A secret that was made here is shown once. On one machine, its receiver is told at once. */
export async function showSecret(secret, url) {
  if (place.local && url) await (await import('../../local/faults.js')).trust(url, secret);
  dialog('The signing secret', el('div', 'stack',
    el('p', '', 'Give it to the receiver now: it is not shown again.'), code(secret)));
}

export function removeButton(webhook) {
  return button('Delete', () => sure(`Delete ${webhook.name}?`,
    'Its credential is removed too, unless other webhooks use it. What was delivered stays in the events’ history.',
    'Delete', async () => {
      await call('DELETE', path(webhook));
      toast(`${webhook.name} was deleted.`);
      go('webhooks');
    }), { kind: 'danger' });
}

/** After a repair: what was missed meanwhile, if anything was. */
async function offerRecovery(webhook) {
  const { accepted } = await post(path(webhook, 'recover/'), {}, { query: { dry_run: 'true' } });
  if (accepted) recover(webhook.name, path(webhook, 'recover/'), accepted);
}

export function recoverButton(webhook, changed) {
  return button('Recover', () => recover(webhook.name, path(webhook, 'recover/'), null, changed), {
    sign: 'again', title: 'Sends what failed or was skipped once more',
  });
}

export function recoverAll() {
  return button('Recover', () => recover('all webhooks', 'recover/', null), {
    sign: 'again', title: 'Sends what failed or was skipped once more, for all webhooks',
  });
}

const HOURS = [['', 'everything'], ['1', 'of the last hour'], ['24', 'of the last day'], ['168', 'of the last week']];

function recover(what, address, known, changed) {
  const since = select(HOURS);
  const count = el('p', 'strong', known === null ? 'Counting …' : '');
  count.setAttribute('role', 'status');
  const body = () => (since.value ? { since: new Date(Date.now() - since.value * 3_600_000).toISOString() } : {});
  const act = button('Send them', async () => {
    let accepted = 0;
    let after;
    do {
      // Where there are very many, one call says where the next goes on.
      const answer = await post(address, { ...body(), ...(after ? { after } : {}) });
      accepted += answer.accepted;
      after = answer.next_after;
    } while (after);
    made.close();
    toast(`${plural(accepted, 'delivery', 'deliveries')} will be sent, in the order of the events.`);
    await changed?.();
  }, { kind: 'primary' });
  const look = async () => {
    act.disabled = true;
    count.textContent = 'Counting …';
    try {
      const { accepted, next_after: more, reason } = await post(address, body(), { query: { dry_run: 'true' } });
      count.textContent = accepted ? `${more ? 'More than ' : ''}${plural(accepted, 'delivery', 'deliveries')} to send.` : sentence(reason ?? 'there is nothing to send.');
      act.disabled = !accepted;
    } catch (error) {
      count.textContent = error.message;
    }
  };
  since.addEventListener('change', look);
  const made = dialog(`Recover ${what}`, el('div', 'stack',
    el('p', 'soft', 'Sends once more what failed or was skipped, in order. What a later message has told already is left out.'),
    field('Which', since), count), [button('Cancel', () => made.close()), act]);
  look();
}

