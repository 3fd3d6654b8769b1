// What is shown stays true: views are read again now and then, while somebody looks.

import { ago } from './dom.js';
import { toast } from './ui.js';
import { place } from '../place.js';

/** Every few seconds where a call costs nothing, less often where it does. */
const EVERY = place.local ? 2_000 : 15_000;

/** How often in a row nothing could be read: the second time it is said. */
let failed = 0;

function reached(isSo) {
  if (isSo && failed > 1) toast('Carillon can be reached again.');
  failed = isSo ? 0 : failed + 1;
  if (failed === 2) toast('Carillon cannot be reached. What is shown may be old.', 'warning');
}

/** Calls `read` again and again; what it returns ends it. Background tabs rest. */
export function keepUp(read, every = EVERY) {
  let ended = false;
  let busy = false;
  const turn = async () => {
    if (ended || busy || document.hidden) return;
    busy = true;
    try {
      await read();
      reached(true);
    } catch (error) {
      // The next turn tries again.
      if (error.status === 0) reached(false);
    } finally {
      busy = false;
    }
  };
  const timer = setInterval(turn, every);
  document.addEventListener('visibilitychange', turn);
  return () => {
    ended = true;
    clearInterval(timer);
    document.removeEventListener('visibilitychange', turn);
  };
}

/** How long ago something was changes by itself. */
export function keepTime() {
  // A browser's calendar takes long to begin: in a turn of its own, no view waits for it.
  setTimeout(() => ago(new Date()));
  setInterval(() => {
    if (document.hidden) return;
    for (const time of document.querySelectorAll('time[data-ago]')) {
      const at = Date.parse(time.dateTime);
      const now = ago(new Date(time.dataset.ago ? Math.max(at, Date.now()) : at));
      if (time.textContent !== now) time.textContent = now;
    }
  }, 1000);
}
