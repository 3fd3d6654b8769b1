// Events: what happened, and what became of each.

export async function show([id]) {
  if (!id) return (await import('./list.js')).list();
  return (await import('./detail.js')).detail(id);
}
