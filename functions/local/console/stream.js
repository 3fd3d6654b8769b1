// The messages as they come. All tabs share one stream: the tab that holds the lock reads it and
// tells the others. A tab that nobody sees reads nothing, and catches up when somebody does.

const LIST = new URL('_local/messages', document.baseURI);
const STREAM = new URL('_local/messages/stream', document.baseURI);
const LOCK = 'carillon-messages';
/** So many are read at once: reading all of them would hold up the page. */
const PAGE = 500;

export class Messages {
  /** `changed({ messages, removed, cleared })` is told what is new; `state` is told how it goes. */
  constructor(changed, state) {
    Object.assign(this, { changed, state, revision: 0, ended: false });
    this.others = new BroadcastChannel(LOCK);
    // Who rests reads later what it missed.
    this.others.addEventListener('message', ({ data }) => { if (this.turn) this.#take(data); });
    this.looked = () => this.#look();
  }

  begin() {
    document.addEventListener('visibilitychange', this.looked);
    this.#look();
  }

  end() {
    this.ended = true;
    document.removeEventListener('visibilitychange', this.looked);
    this.others.close();
    this.#rest();
  }

  async #look() {
    this.#rest();
    if (document.hidden || this.ended) return;
    const turn = new AbortController();
    this.turn = turn;
    try {
      await this.#catchUp(turn.signal);
    } catch {
      if (turn.signal.aborted) return;
      this.state('lost');
      setTimeout(() => { if (this.turn === turn) this.#look(); }, 1000);
      return;
    }
    if (turn.signal.aborted) return;
    this.state('live');
    this.#lead(turn.signal);
  }

  #rest() {
    this.turn?.abort();
    this.turn = null;
  }

  /** Reads what changed since it last read, the latest first. */
  async #catchUp(signal) {
    // Until it has all of it, what others tell says nothing of how far it read.
    this.isWhole = false;
    const query = { since: this.revision, limit: PAGE };
    let revision;
    let page;
    do {
      const url = new URL(LIST);
      url.search = new URLSearchParams(query);
      page = await (await fetch(url, { cache: 'no-store', signal })).json();
      const { results, removed, cleared } = page;
      this.#take({ messages: results, removed, cleared: cleared && !query.before });
      query.before = results.at(-1)?.number;
      revision ??= page.revision;
    } while (page.more);
    this.revision = Math.max(this.revision, revision);
    this.isWhole = true;
  }

  /** Reads the stream for all, as soon as no other tab does. Without locks, for itself. */
  #lead(signal) {
    const lead = () => new Promise((done) => {
      const close = this.#follow();
      signal.addEventListener('abort', () => {
        close();
        done();
      });
    });
    if (!navigator.locks) lead();
    else navigator.locks.request(LOCK, { signal }, lead).catch(() => {});
  }

  #follow() {
    let source;
    let again;
    const tell = (data) => {
      this.#take(data);
      this.others.postMessage(data);
    };
    const open = () => {
      const url = new URL(STREAM);
      url.searchParams.set('since', this.revision);
      source = new EventSource(url);
      source.addEventListener('open', () => this.state('live'));
      source.addEventListener('error', () => {
        this.state('lost');
        // The browser connects again by itself, unless the answer was an error.
        if (source.readyState === EventSource.CLOSED) again = setTimeout(open, 1000);
      });
      source.addEventListener('cleared', () => tell({ messages: [], removed: [], cleared: true }));
      source.addEventListener('removed', ({ data }) => tell({ messages: [], removed: [Number(data)] }));
      source.addEventListener('message', ({ data }) => {
        const message = JSON.parse(data);
        tell({ messages: [message], removed: [], revision: message.revision });
      });
    };
    open();
    return () => {
      clearTimeout(again);
      source.close();
    };
  }

  #take({ messages, removed, cleared = false, revision = 0 }) {
    if (this.ended) return;
    if (this.isWhole) this.revision = Math.max(this.revision, revision);
    this.changed({ messages, removed, cleared });
  }
}
