// Words of one's own, as a part of a webhook's form: there for kinds that take them, and loaded when
// somebody looks.

import { el } from '../../core/dom.js';

const AT = '/message';

/** What a merge patch (RFC 7396) makes of the words that were there. */
export function patched(before, now) {
  if (!now) return before ? null : undefined;
  return { ...Object.fromEntries(Object.keys(before ?? {}).map((part) => [part, null])), ...now };
}

/** `kind()` is the chosen one, `given()` what the form says. */
export function section(webhook, { kind, given, isOpen }) {
  const body = el('div', 'more-body');
  const more = el('details', 'more', el('summary', '', 'Words of your own'), body);
  const node = el('section', 'panel stack words-panel', more, el('p', 'soft small', 'A title, a text, facts, links and mentions, instead of the usual ones.'));
  let message = webhook?.message ?? undefined;
  let made = null;
  let drawn = null;

  const takes = () => Boolean(kind().mentions);

  async function draw() {
    if (!more.open || !takes() || drawn === kind()) return;
    // Each platform mentions in its own way.
    drawn = kind();
    message = made ? made.value() : message;
    made = null;
    try {
      const { words } = await import('../words/index.js');
      made = await words({ kind: drawn, message, webhook: given });
      body.replaceChildren(made.node);
    } catch (error) {
      drawn = null;
      body.replaceChildren(el('p', 'fault', error.message));
    }
  }

  more.addEventListener('toggle', draw);
  return {
    node,
    value: () => (takes() ? made ? made.value() : message : undefined),
    drawKind() {
      node.hidden = !takes();
      draw();
    },
    /** Puts the faults of the words at their fields, and returns the others. */
    tell(faults) {
      const isOurs = ({ pointer }) => pointer === AT || pointer.startsWith(`${AT}/`);
      if (!made) return faults;
      made.tell(faults.filter(isOurs).map((fault) => ({ ...fault, pointer: fault.pointer.slice(AT.length) })));
      return faults.filter((fault) => !isOurs(fault));
    },
    async begin() {
      if (!isOpen && !webhook?.message) return;
      more.open = true;
      await draw();
      if (isOpen) node.scrollIntoView({ block: 'start' });
    },
  };
}
