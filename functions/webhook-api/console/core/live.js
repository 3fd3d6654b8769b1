// What is shown stays true: views are read again now and then, while somebody looks.

import { ago } from './dom.js';
import { place } from '../place.js';

/** Every few seconds where a call costs nothing, less often where it does. */
const EVERY = place.local ? 2_000 : 15_000;

/** Calls `read` again and again; what it returns ends it. Background tabs rest. */
export function keepUp(read, every = EVERY) {
  let ended = false;
  let busy = false;
  const turn = async () => {
    if (ended || busy || document.hidden) return;
    busy = true;
    try {
      await read();
    } catch {
      // The next turn tries again; what somebody does meanwhile says what is wrong.
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
