// What to do first, while there is no message yet.

import { post, Refusal } from '../core/api.js';
import { el } from '../core/dom.js';
import { go, to } from '../core/router.js';
import * as session from '../core/session.js';
import { button, linkButton, toast } from '../core/ui.js';

const BELL = new URL('../bell.svg', import.meta.url).href;

/** A made-up token will do: nothing leaves this machine. */
const EXAMPLE = {
  name: 'deployments', type: 'slack', event_types: ['*'],
  configuration: { token: 'xoxb-made-up-token', channel: 'deployments' },
};

export function firstSteps() {
  const bell = el('img', '');
  Object.assign(bell, { src: BELL, alt: '', width: 64, height: 64 });
  const example = button('Make an example webhook', async () => {
    try {
      await post('webhooks/', EXAMPLE);
      toast('The webhook “deployments” posts to #deployments. Now send it an event.');
    } catch (error) {
      if (!(error instanceof Refusal) || error.status !== 409) throw error;
    }
    go('compose');
  }, { kind: 'primary', sign: 'plus' });
  return el('div', 'empty',
    bell,
    el('h2', '', 'All quiet'),
    el('p', '', 'Messages ring in here the moment they are posted, looking as they would in Slack, Discord and Teams. Nothing leaves this machine.'),
    session.may('write')
      ? el('div', 'actions', example, linkButton('New webhook', to('webhooks', 'new')), linkButton('Compose an event', to('compose')))
      : el('div', 'actions', linkButton('Log in', to('webhooks'), { kind: 'primary' })));
}
