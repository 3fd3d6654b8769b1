// Styles that only `cargo run` has.

/** Loads one, below those of the platforms. */
export function dress(name) {
  const link = document.createElement('link');
  link.rel = 'stylesheet';
  link.href = new URL(name, import.meta.url).href;
  const kinds = document.querySelector('link[rel="stylesheet"][href*="/kinds/"]');
  if (kinds) kinds.before(link);
  else document.head.append(link);
  return new Promise((done) => {
    link.addEventListener('load', done);
    // Without its style a view is not pretty, but there.
    link.addEventListener('error', done);
  });
}
