// A webhook as an entry of the declarative form: the API can say of one what it would do with it,
// and do nothing.

/** The form's webhook as the only entry of a file. */
export function entry({ name, type, event_types: events, filters, configuration, message }) {
  return { notifications: { [name]: { provider: type, events, filters, message, ...configuration } } };
}

const ELSEWHERE = { provider: 'type', events: 'event_types', filters: 'filters', message: 'message' };

/** A fault of that entry, pointing at the webhook. */
export function pointerOf({ pointer, detail }, { name }) {
  const [, , entryName, first, ...rest] = pointer.split('/');
  if (first === undefined) return { pointer: entryName === undefined ? '' : '/name', detail };
  const known = Object.hasOwn(ELSEWHERE, first) ? `/${ELSEWHERE[first]}` : `/configuration/${first}`;
  return { pointer: [known, ...rest].join('/'), detail: detail.replace(`\`notifications.${name}\``, 'the webhook') };
}
