// Which view is shown: what stands after the `#`, such as `#/webhooks/wh_1?tab=settings`.

/** `{ parts: ['webhooks', 'wh_1'], query: URLSearchParams }`. */
export function here() {
  const [path, query = ''] = location.hash.replace(/^#\/?/, '').split('?');
  return { parts: path.split('/').filter(Boolean).map(decode), query: new URLSearchParams(query) };
}

function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The address of a view: `to('webhooks', id)`. A last argument that is an object is the query. */
export function to(...parts) {
  const query = typeof parts.at(-1) === 'object' ? new URLSearchParams(parts.pop()).toString() : '';
  return `#/${parts.map(encodeURIComponent).join('/')}${query ? `?${query}` : ''}`;
}

export function go(...parts) {
  location.hash = to(...parts);
}

/** Notes something about the view in its address, without a new entry in the history. */
export function note(query) {
  const { parts, query: known } = here();
  for (const [name, value] of Object.entries(query)) {
    if (value) known.set(name, value);
    else known.delete(name);
  }
  history.replaceState(null, '', to(...parts, Object.fromEntries(known)));
}
