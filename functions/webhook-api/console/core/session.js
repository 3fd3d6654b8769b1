// Who is looking: the key, kept for this tab alone, and what it may do.

const KEPT = 'carillon-key';

let known = null;

/** `{ organization, role, actor }`, or null while nobody is logged in. */
export const me = () => known;

export const key = () => sessionStorage.getItem(KEPT);

export function keep(text) {
  sessionStorage.setItem(KEPT, text);
}

export function forget() {
  sessionStorage.removeItem(KEPT);
  known = null;
}

export function set(identity) {
  known = identity;
}

const RIGHTS = {
  read: ['admin', 'editor', 'viewer'],
  write: ['admin', 'editor'],
  publish: ['admin', 'editor', 'publisher'],
};

/** Whether the role allows it; what is not allowed is not offered. */
export const may = (right) => RIGHTS[right].includes(known?.role);
