// Rows of one thing, of which there may be several: links, and whom to mention.

import { el } from '../../core/dom.js';
import { button } from '../../core/ui.js';

/**
 * `make(given)` makes a row: `{ node, value() }`, where a row that says nothing has no value.
 * `at(index)` is the row whose value stands at that place.
 */
export function rows({ title, about, add, most, make, changed }) {
  let made = [];
  let said = [];
  const list = el('ul', 'stack');
  const another = button(add, () => {
    append({});
    made.at(-1).node.querySelector('input, textarea').focus();
    changed();
  }, { sign: 'plus', kind: 'small' });

  function append(given) {
    const row = make(given);
    const item = el('li', 'words-row', row.node, button('Remove', () => {
      made = made.filter((one) => one !== row);
      item.remove();
      another.hidden = false;
      another.focus();
      changed();
    }, { sign: 'cross', kind: 'quiet small icon-only' }));
    made.push(row);
    list.append(item);
    another.hidden = made.length >= most;
  }

  return {
    node: el('div', 'field wide', el('h3', '', title), el('p', 'hint', about), list, el('div', 'actions', another)),
    set(given) {
      made = [];
      list.replaceChildren();
      another.hidden = false;
      for (const one of given ?? []) append(one);
    },
    values() {
      said = made.map((row) => [row, row.value()]).filter(([, value]) => value);
      return said.length ? said.map(([, value]) => value) : undefined;
    },
    at: (index) => said[index]?.[0],
    clear: () => made.forEach((row) => row.fault('')),
  };
}
