// What is shown stays true: views are read again now and then, while somebody looks.

/** Every few seconds where a call costs nothing, less often where it does. */
import { place } from '../place.js';

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
