// The messages that are known: by channel, with the replies below what they reply to.

/** As many as are kept here; the oldest go first. */
const MOST = 10_000;
/** Messages of one sender that follow each other this closely share a name, in milliseconds. */
const TOGETHER = 5 * 60_000;

export const channelKey = ({ platform, channel_id: id }) => `${platform}:${id}`;

export class Store {
  constructor() {
    this.messages = new Map();
    this.posts = new Map();
    this.last = 0;
  }

  /** Takes what is new, changed or gone; tells which messages came after all that were known. */
  apply({ messages, removed, cleared }) {
    const news = [];
    const { last } = this;
    if (cleared) this.messages.clear();
    for (const message of [...messages].sort((a, b) => a.number - b.number)) {
      const known = this.messages.get(message.number);
      if (known && known.revision >= message.revision) continue;
      if (message.number > last) news.push(message);
      this.messages.set(message.number, prepared(message));
      this.last = Math.max(this.last, message.number);
    }
    for (const number of removed) this.messages.delete(number);
    // Older ones may come later.
    if (messages.some(({ number }) => number < last)) this.messages = new Map([...this.messages].sort(([a], [b]) => a - b));
    for (const number of this.messages.keys()) {
      if (this.messages.size <= MOST) break;
      this.messages.delete(number);
    }
    return news;
  }

  /** `{ key, platform, channel, count, last }`, the latest first. */
  channels() {
    const found = new Map();
    for (const { place: key, platform, channel, number: last } of this.messages.values()) {
      const count = (found.get(key)?.count ?? 0) + 1;
      found.set(key, { key, platform, channel, count, last });
    }
    return [...found.values()].sort((a, b) => b.last - a.last);
  }

  /**
   * The posts of a channel, or of all, oldest first: `{ key, message, replies, follows, leads }`. A post that
   * is as it was is the same object.
   */
  list(channel, search) {
    const wanted = plain(search);
    const roots = new Map();
    const posts = [];
    for (const message of this.messages.values()) {
      if (channel && message.place !== channel) continue;
      const parent = message.thread && message.thread !== message.id ? roots.get(`${message.channel_id} ${message.thread}`) : null;
      if (parent) {
        parent.replies.push(message);
      } else {
        const post = { key: String(message.number), message, replies: [], follows: false, leads: false };
        roots.set(`${message.channel_id} ${message.id}`, post);
        posts.push(post);
      }
    }
    const shown = wanted ? posts.filter(({ message, replies }) => [message, ...replies].some(({ text }) => text.includes(wanted))) : posts;
    shown.forEach((post, index) => {
      const before = shown[index - 1];
      post.follows = Boolean(before) && !before.replies.length && !post.replies.length && isTogether(before.message, post.message);
      if (before) before.leads = post.follows;
    });
    const same = shown.map((post) => this.#same(post));
    this.posts = new Map(same.map((post) => [post.key, post]));
    return same;
  }

  #same(post) {
    const known = this.posts.get(post.key);
    const isSame = known && known.message === post.message && known.follows === post.follows && known.leads === post.leads
      && known.replies.length === post.replies.length && known.replies.every((reply, index) => reply === post.replies[index]);
    return isSame ? known : post;
  }
}

/** What is in a payload beside what people read; programs read all of it. */
const UNREAD = ['type', 'style', 'color', 'client_msg_id', 'block_id', 'action_id', 'event_type', 'contentType', '$schema', 'version'];

function texts(value, unread) {
  if (Array.isArray(value)) return value.flatMap((inner) => texts(inner, unread));
  if (!(value instanceof Object)) return [String(value ?? '')];
  return Object.entries(value).flatMap(([name, inner]) => (unread.includes(name) ? [] : texts(inner, unread)));
}

/** A text as it is read: without markup and escapes, on one line. */
const plain = (text) => text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
  .replace(/[*_~`\\]/g, '').replace(/\s+/g, ' ').trim().toLowerCase();

/** With what all of them are asked for each time: where and when it is, and what can be searched. */
function prepared(message) {
  const text = plain([message.channel, message.sender ?? '', ...texts(message.payload, message.platform === 'webhook' ? [] : UNREAD)].join(' '));
  return Object.assign(message, { place: channelKey(message), at: Date.parse(message.received_at), text });
}

function isTogether(a, b) {
  return a.place === b.place && a.sender === b.sender && b.at - a.at < TOGETHER;
}
