// What the functions could make nothing of, with the reason: on AWS it waits in the failure queue.

import { el, when } from '../core/dom.js';
import { keepUp } from '../core/live.js';
import { code, details, empty, failure } from '../core/ui.js';
import { VirtualList } from '../core/virtual.js';

const LIST = new URL('_local/failures', document.baseURI);

export function refused() {
  const node = el('div', '');
  const rows = new VirtualList({ key: ({ key }) => key, label: 'Skipped and refused', estimate: 92, draw: row });
  let known = '';

  async function read() {
    const text = await (await fetch(LIST, { cache: 'no-store' })).text();
    if (text === known) return;
    known = text;
    const list = JSON.parse(text);
    const items = list.map((item, index) => ({ ...item, key: `${item.at} ${list.length - index}` }));
    if (items.length) node.replaceChildren(rows.node);
    else node.replaceChildren(empty('Nothing was refused', 'Items of tables that are not events, AWS events that Carillon does not know, and the like, are listed here with the reason.'));
    rows.set(items, { ended: true });
  }

  let rest = () => {};
  return {
    node,
    begin() {
      rows.begin();
      read().catch((error) => node.replaceChildren(failure(error)));
      rest = keepUp(read);
    },
    end() {
      rows.end();
      rest();
    },
  };
}

function row({ at, function: by, reason, detail, hint, payload }) {
  const then = new Date(at);
  const more = details('What it was', code(JSON.stringify(payload, null, 2)));
  more.querySelector('summary').dataset.main = '';
  return el('div', 'row',
    el('div', 'row-line', el('span', 'strong', reason), el('span', 'row-side', by, when(then))),
    detail ? el('div', 'row-more', detail) : null,
    hint ? el('div', 'row-more', hint) : null, more);
}
