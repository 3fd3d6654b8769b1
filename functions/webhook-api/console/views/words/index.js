// Words of a webhook's own, with the message that they give beside them.

import { call } from '../../core/api.js';
import { el, prose } from '../../core/dom.js';
import { button, dialog, failure, notice, toast } from '../../core/ui.js';
import { channelsOf, kindOf } from '../webhooks/kinds.js';
import { patched } from '../webhooks/words.js';
import { editor } from './editor.js';
import { shown } from './shown.js';

/**
 * `kind` and `webhook()` say what is previewed; `event` is the event, where it is
 * not to be chosen.
 */
export async function words({ kind, message, webhook, event }) {
  let seen;
  const rest = el('div', '');
  const changed = () => seen?.look();
  const edited = editor(message, { mentions: kind.mentions, changed });
  function tell(faults) {
    const others = edited.tell(faults);
    rest.replaceChildren(...(others.length ? [notice('bad', 'warning', ...others.map(({ detail }) => el('p', '', ...prose(detail))))] : []));
  }
  const wanted = () => ({ ...previewable(kind, webhook()), message: edited.value() });
  seen = await shown({ webhook: wanted, event, tell, named: edited.name });
  edited.node.append(rest);
  edited.node.addEventListener('input', changed);
  return { node: el('div', 'words', edited.node, seen.node), value: edited.value, tell, look: changed };
}

/** A webhook as it can be previewed before it is complete: no credential is needed for it, so that a made-up one does. */
function previewable(kind, { name, type, event_types: types, filters, configuration }) {
  const own = { ...configuration };
  for (const { name: part, sample } of kind.asks) if (sample) own[part] = sample;
  if (kind.channels && !channelsOf({ configuration }).length) own.channels = ['channel'];
  return { name: name || 'preview', type, event_types: types.length ? types : ['*'], filters, configuration: own };
}

/** The words of a webhook that is there, with the message of an event. `saved` is told afterwards. */
export async function editWords(webhook, event, saved) {
  const made = await words({ kind: kindOf(webhook), message: webhook.message, webhook: () => webhook, event });
  const verdict = el('div', '');
  const asked = dialog(`The words of ${webhook.name}`, el('div', 'stack', made.node, verdict), [
    button('Cancel', () => asked.close()),
    button('Save', async () => {
      try {
        await call('PATCH', `webhooks/${encodeURIComponent(webhook.id)}/`, {
          body: { message: patched(webhook.message, made.value()) ?? null }, version: webhook.etag,
        });
        asked.close();
        toast('Saved.');
        await saved();
      } catch (error) {
        const ours = (error.faults ?? []).filter(({ pointer }) => pointer.startsWith('/message'));
        if (ours.length) made.tell(ours.map(({ pointer, detail }) => ({ pointer: pointer.slice('/message'.length), detail })));
        else verdict.replaceChildren(failure(error));
      }
    }, { kind: 'primary' }),
  ]);
  asked.classList.add('wide');
  const before = JSON.stringify(made.value());
  asked.asks = () => JSON.stringify(made.value()) !== before;
}
