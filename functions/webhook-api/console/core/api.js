// The API: one call, and lists page by page. Addresses are relative to the page, so that a proxy
// may serve it below any path.

import { sentence } from './dom.js';
import { key } from './session.js';

const BASE = new URL('api/v1/', document.baseURI);

const NOT_ACTIVE = 'The webhook is switched off or suspended: switch it on, or repair it, and ask again.';

/** An answer that is no success, with the problem document where there is one. */
export class Refusal extends Error {
  constructor(status, problem) {
    super(problem?.type?.endsWith(':not-active') ? NOT_ACTIVE : sentence(problem?.detail ?? problem?.title ?? `The answer was ${status}.`));
    this.status = status;
    this.problem = problem;
  }

  /** Every fault of the input: `{ pointer, detail }`. */
  get faults() {
    return this.problem?.errors ?? [];
  }
}

const NO_ANSWER = { detail: 'Carillon does not answer. Is it running, and are you online?' };

/** `query` leaves out what is empty; `type` is the media type of a body that is text. */
export async function call(method, path, { query = {}, body, type, version, signal, accept, as = key() } = {}) {
  const url = new URL(path, BASE);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '') url.searchParams.set(name, value);
  }
  const headers = { authorization: `Bearer ${as}` };
  if (body !== undefined) headers['content-type'] = type ?? 'application/json';
  if (version) headers['if-match'] = version;
  if (accept) headers.accept = accept;
  let answer;
  try {
    answer = await fetch(url, {
      method, headers, signal, cache: 'no-store', credentials: 'omit',
      body: body === undefined || type ? body : JSON.stringify(body),
    });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Refusal(0, NO_ANSWER);
  }
  const text = await answer.text();
  const said = /json/.test(answer.headers.get('content-type') ?? '') ? JSON.parse(text) : text;
  if (!answer.ok) {
    if (answer.status === 401 && as === key()) dispatchEvent(new Event('carillon-locked-out'));
    throw new Refusal(answer.status, typeof said === 'object' ? said : null);
  }
  if (said && typeof said === 'object') Object.defineProperty(said, 'etag', { value: answer.headers.get('etag') });
  return said;
}

export const get = (path, options) => call('GET', path, options);
export const post = (path, body, options) => call('POST', path, { body, ...options });

/** A list that is read page by page, as far as somebody looks. */
export class Pages {
  constructor(path, query = {}, limit = 100) {
    Object.assign(this, { path, query, limit, cursor: null, ended: false, reading: null });
  }

  /** The next results; none at the end. Calls at the same time share one answer. */
  next() {
    this.reading ??= this.#read().finally(() => { this.reading = null; });
    return this.reading;
  }

  async #read() {
    // Under a filter a page may be empty and still have a next one.
    while (!this.ended) {
      const { results, next } = await get(this.path, { query: { ...this.query, limit: this.limit, cursor: this.cursor } });
      this.cursor = next;
      this.ended = !next;
      if (results.length) return results;
    }
    return [];
  }
}
