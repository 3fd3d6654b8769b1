// The messages that are known: by channel, with the replies below what they reply to.

/** As many as are kept here; the oldest go first. */
const MOST = 10_000;
/** Messages of one sender that follow each other this closely share a name, in milliseconds. */
const TOGETHER = 5 * 60_000;

export const channelKey = ({ platform, channel_id: id }) => `${platform}:${id}`;

export class Store {
  constructor() {
    this.messages = new Map();
    this.texts = new WeakMap();
    this.posts = new Map();
  }

  /** Whether anything changed, and which messages are new. */
  apply({ messages, removed, cleared }) {
    const news = [];
    if (cleared) this.messages.clear();
    for (const message of [...messages].sort((a, b) => a.number - b.number)) {
      const known = this.messages.get(message.number);
      if (known && known.revision >= message.revision) continue;
      if (!known) news.push(message);
      this.messages.set(message.number, message);
    }
    for (const number of removed) this.messages.delete(number);
    for (const number of this.messages.keys()) {
      if (this.messages.size <= MOST) break;
      this.messages.delete(number);
    }
    return news;
  }

  /** `{ key, platform, channel, host, count }`, the latest first. */
  channels() {
    const found = new Map();
    for (const message of this.messages.values()) {
      const key = channelKey(message);
      const known = found.get(key);
      found.delete(key);
      found.set(key, { key, platform: message.platform, channel: message.channel, id: message.channel_id, host: message.host, count: (known?.count ?? 0) + 1, last: message.number });
    }
    return [...found.values()].reverse();
  }

  /** What can be searched of a message. */
  text(message) {
    let text = this.texts.get(message);
    if (text === undefined) {
      text = `${message.channel} ${message.sender ?? ''} ${JSON.stringify(message.payload)}`.toLowerCase();
      this.texts.set(message, text);
    }
    return text;
  }

  /**
   * The posts of a channel, or of all, oldest first: `{ key, message, replies, follows, leads }`. A post that
   * is as it was is the same object.
   */
  list(channel, search) {
    const wanted = search.trim().toLowerCase();
    const roots = new Map();
    const posts = [];
    for (const message of this.messages.values()) {
      if (channel && channelKey(message) !== channel) continue;
      const parent = message.thread && message.thread !== message.id ? roots.get(`${message.channel_id} ${message.thread}`) : null;
      if (parent) {
        parent.replies.push(message);
      } else {
        const post = { key: String(message.number), message, replies: [], follows: false, leads: false };
        roots.set(`${message.channel_id} ${message.id}`, post);
        posts.push(post);
      }
    }
    const shown = wanted ? posts.filter(({ message, replies }) => [message, ...replies].some((one) => this.text(one).includes(wanted))) : posts;
    shown.forEach((post, index) => {
      const before = shown[index - 1];
      post.follows = Boolean(before) && !before.replies.length && !post.replies.length && isTogether(before.message, post.message);
      if (before) before.leads = post.follows;
    });
    return shown.map((post) => this.#same(post));
  }

  #same(post) {
    const known = this.posts.get(post.key);
    const isSame = known && known.message === post.message && known.follows === post.follows && known.leads === post.leads
      && known.replies.length === post.replies.length && known.replies.every((reply, index) => reply === post.replies[index]);
    if (isSame) return known;
    this.posts.set(post.key, post);
    return post;
  }
}

function isTogether(a, b) {
  return channelKey(a) === channelKey(b) && a.sender === b.sender
    && Math.abs(new Date(b.received_at) - new Date(a.received_at)) < TOGETHER;
}
