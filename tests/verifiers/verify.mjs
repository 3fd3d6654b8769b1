// Verifies, with the library for JavaScript, what stands as JSON on the standard input:
// `secret`, `headers` and `body`. Ends with 0 where the signature is right, with 3 where not.

import { readFileSync } from 'node:fs';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';

const { secret, headers, body } = JSON.parse(readFileSync(0, 'utf8'));
try {
  new Webhook(secret).verify(body, headers);
} catch (error) {
  if (!(error instanceof WebhookVerificationError)) throw error;
  process.exit(3);
}
