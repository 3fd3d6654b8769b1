// What is wrong with a text, and where.

export class Fault extends Error {
  constructor(line, detail) {
    super(detail);
    this.line = line;
  }
}

/** So deep may things be within each other. */
export const DEEPEST = 32;

/** The pointer (RFC 6901) of a part. */
export const inside = (pointer, part) => `${pointer}/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`;

/** Sets a value under any name, `__proto__` too. */
export function put(object, name, value) {
  Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true });
}
