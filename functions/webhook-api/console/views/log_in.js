// Who is looking? A key, or a token of one's own identity provider.

import { el } from '../core/dom.js';
import { button, field, input } from '../core/ui.js';
import { place } from '../place.js';

export function logIn(enter) {
  const key = field('API key', input({ type: 'password', name: 'key' }), {
    hint: place.local
      ? 'Printed when Carillon started, after “Admin key”. The link after “Log in” needs no key.'
      : 'A key of your organization, or a token (JWT) if your deployment takes them. The first admin key is in Secrets Manager: the stack’s output AdminKeySecretArn.',
  });
  const form = el('form', 'sheet log-in',
    el('h1', '', 'Log in'),
    el('p', 'soft', 'What you can do depends on the key: viewers see, editors change.'),
    key);
  const go = button('Log in', async () => {
    key.fault('');
    const text = key.control.value.trim();
    if (!text) return key.fault('Paste a key here.');
    try {
      await enter(text);
    } catch (error) {
      key.fault(error.message);
      key.control.select();
    }
    return undefined;
  }, { kind: 'primary' });
  go.type = 'submit';
  form.addEventListener('submit', (event) => event.preventDefault());
  form.append(go, el('p', 'soft', 'The key stays in this tab and is forgotten when you close it.'));
  return { title: 'Log in', node: el('div', 'page narrow', form), begin: () => key.control.focus() };
}
