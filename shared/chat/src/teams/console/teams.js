// What the console knows of Microsoft Teams.

import { dayAndClock } from '../../core/dom.js';

export { content, summary } from './message.js';
export const name = 'Teams';
export const sender = 'Workflows';
export const when = dayAndClock;

/** Nobody's: it only has the form of a URL. */
const SAMPLE = `https://prod-1.westeurope.logic.azure.com:443/workflows/${'0'.repeat(32)}/triggers/manual/paths/invoke?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=${'x'.repeat(43)}`;

export const kinds = {
  teams: {
    label: 'Microsoft Teams',
    about: 'A workflow that posts cards to one channel.',
    asks: { webhook_url: { label: 'Workflow URL', placeholder: 'https://….api.powerplatform.com/…', sample: SAMPLE } },
    steps: [
      'Beside the channel’s name choose “…”, then “Workflows”.',
      'Choose “Send webhook alerts to a channel”, then the team and the channel, and “Add workflow”.',
      'Copy the whole URL: the signature at its end is the credential.',
      'In the workflow’s trigger, “Who can trigger the flow” must be “Anyone”.',
      'Send a test afterwards and look for it: Teams has no other way to try a URL.',
    ],
  },
};
