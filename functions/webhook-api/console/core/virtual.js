// A list of any length, of which only what can be seen is in the page. Rows may have any height:
// those that were drawn are measured, the others guessed.

import { el, holdFocus } from './dom.js';

/** As many rows above and below what can be seen. */
const AROUND = 8;
/** So long a frame may draw what cannot be seen yet, in milliseconds. */
const PATIENCE = 6;
/** So near to the end, in pixels, more is asked for. */
const NEAR = 1200;

export class VirtualList {
  /**
   * `key(item)` tells rows apart, `draw(item)` makes one, `more()` reads further items (a promise
   * of a list, empty at the end, or null where they are of another list by now), `estimate` is a row's height in pixels before it is known.
   */
  constructor({ key, draw, more, estimate = 56, label, scroller = document.getElementById('main') }) {
    Object.assign(this, { key, draw, more, estimate, scroller });
    this.items = [];
    this.ended = !more;
    this.heights = new Map();
    this.rows = new Map();
    this.active = null;
    this.above = el('div', '');
    this.below = el('div', '');
    this.node = el('div', 'list', this.above, this.below);
    this.node.setAttribute('role', 'list');
    this.node.setAttribute('aria-label', label);
    this.node.dataset.walks = '';
    this.node.addEventListener('walk', ({ detail }) => this.walk(detail));
    this.node.addEventListener('focusin', ({ target }) => {
      const row = target.closest('[data-key]');
      if (row) this.active = row.dataset.key;
    });
    this.onScroll = () => this.#later();
    this.sizes = new ResizeObserver((entries) => this.#measure(entries));
  }

  begin() {
    this.scroller.addEventListener('scroll', this.onScroll, { passive: true });
    addEventListener('resize', this.onScroll);
    this.render();
  }

  end() {
    this.scroller.removeEventListener('scroll', this.onScroll);
    removeEventListener('resize', this.onScroll);
    this.sizes.disconnect();
  }

  /** Shows these items, or the last of them. Rows whose item is the same object stay as they are. */
  set(items, { ended, toEnd } = {}) {
    const first = toEnd ? null : this.#firstVisible();
    this.items = items;
    if (ended !== undefined) this.ended = ended;
    this.offsets = null;
    if (toEnd) return this.toEnd();
    if (first) this.#hold(first);
    return this.render();
  }

  /** Draws the row of this item anew. */
  update(item) {
    const at = this.items.findIndex((known) => this.key(known) === this.key(item));
    if (at < 0) return;
    this.items[at] = item;
    this.render();
  }

  walk(step) {
    if (!this.items.length) return;
    const at = this.items.findIndex((item) => this.key(item) === this.active);
    const next = Math.min(this.items.length - 1, Math.max(0, at + step));
    this.active = this.key(this.items[next]);
    this.show(next);
    const row = this.rows.get(this.active)?.row;
    const target = row?.querySelector('[data-main]') ?? row;
    target?.focus({ preventScroll: true });
  }

  /** Scrolls so that this row can be seen. */
  show(index) {
    const [top, room] = this.#view();
    const offsets = this.#offsets();
    if (offsets[index] < top + 60) this.scroller.scrollTop += offsets[index] - top - 60;
    else if (offsets[index + 1] > top + room) this.scroller.scrollTop += offsets[index + 1] - top - room + 20;
    this.render();
  }

  toEnd() {
    this.#spread(this.items.length);
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.render();
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  get atEnd() {
    return this.scroller.scrollHeight - this.scroller.scrollTop - this.scroller.clientHeight < 80;
  }

  #later() {
    if (this.asked) return;
    this.asked = requestAnimationFrame(() => {
      this.asked = null;
      this.render();
    });
  }

  #offsets() {
    if (this.offsets) return this.offsets;
    const offsets = new Float64Array(this.items.length + 1);
    this.items.forEach((item, index) => {
      offsets[index + 1] = offsets[index] + (this.heights.get(this.key(item)) ?? this.estimate);
    });
    this.offsets = offsets;
    return offsets;
  }

  /** Where the view begins in the list's own measure, and its height. */
  #view() {
    const list = this.node.getBoundingClientRect().top;
    const scroller = this.scroller.getBoundingClientRect().top;
    return [scroller - list, this.scroller.clientHeight];
  }

  #at(offset) {
    const offsets = this.#offsets();
    let low = 0;
    let high = this.items.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (offsets[middle + 1] <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The row at the top of the view, once one has scrolled into the list, and how far. */
  #firstVisible() {
    const [top] = this.#view();
    if (!this.node.isConnected || top <= 0 || !this.items.length) return null;
    const index = Math.min(this.#at(top), this.items.length - 1);
    return { key: this.key(this.items[index]), past: top - this.#offsets()[index] };
  }

  /** Keeps that row where it is, whatever has changed above it. */
  #hold({ key, past }) {
    const index = this.items.findIndex((item) => this.key(item) === key);
    if (index < 0) return;
    const wanted = this.#offsets()[index] + past;
    const [top] = this.#view();
    if (Math.abs(wanted - top) < 1) return;
    this.#spread();
    this.scroller.scrollTop += wanted - top;
  }

  #spread(begin = 0, end = begin) {
    const offsets = this.#offsets();
    this.above.style.height = `${offsets[begin]}px`;
    this.below.style.height = `${offsets[this.items.length] - offsets[end]}px`;
  }

  /** What can be seen is drawn now; what is around it as far as the frame allows, and then the next. */
  render() {
    if (!this.node.isConnected) return;
    const begun = performance.now();
    const [top, room] = this.#view();
    let begin = Math.min(this.#at(Math.max(0, top)), this.items.length);
    let end = Math.min(this.items.length, this.#at(Math.max(0, top + room)) + 1);
    for (let index = begin; index < end; index += 1) this.#drawn(index);
    for (let step = 0; step < AROUND; step += 1) {
      if (performance.now() - begun > PATIENCE) {
        this.#later();
        break;
      }
      if (end < this.items.length) this.#drawn(end++);
      if (begin > 0) this.#drawn(--begin);
    }
    this.#keep(begin, end);
    let after = this.above;
    for (let index = begin; index < end; index += 1) {
      const { row } = this.rows.get(this.key(this.items[index]));
      row.setAttribute('aria-posinset', index + 1);
      row.setAttribute('aria-setsize', this.ended ? this.items.length : -1);
      if (after.nextSibling !== row) after.after(row);
      after = row;
    }
    this.#spread(begin, end);
    this.#ask(top + room);
  }

  /** Draws the row, unless it is drawn. */
  #drawn(index) {
    const item = this.items[index];
    const key = this.key(item);
    const known = this.rows.get(key);
    if (known?.item === item) return;
    const row = this.#row(item, key, index);
    if (known) {
      this.sizes.unobserve(known.row);
      holdFocus(known.row, row, () => known.row.replaceWith(row));
    }
    this.rows.set(key, { item, row });
    this.sizes.observe(row);
  }

  /** Takes the rows away that are out of sight. */
  #keep(begin, end) {
    const seen = new Set();
    for (let index = begin; index < end; index += 1) seen.add(this.key(this.items[index]));
    for (const [key, { row }] of this.rows) {
      const isSeen = seen.has(key);
      // Whoever is in a row is not taken out of it: the keyboard would begin anew.
      const isHeld = !isSeen && row.contains(document.activeElement) && this.items.some((item) => this.key(item) === key);
      row.classList.toggle('visually-hidden', isHeld);
      if (isSeen || isHeld) continue;
      this.sizes.unobserve(row);
      row.remove();
      this.rows.delete(key);
    }
  }

  #row(item, key, index) {
    const row = this.draw(item, index);
    row.setAttribute('role', 'listitem');
    row.dataset.key = key;
    return row;
  }

  #measure(entries) {
    const first = this.#firstVisible();
    let changed = false;
    for (const { target } of entries) {
      const height = target.getBoundingClientRect().height;
      if (!height || !target.isConnected || target.classList.contains('visually-hidden') || this.heights.get(target.dataset.key) === height) continue;
      this.heights.set(target.dataset.key, height);
      changed = true;
    }
    if (!changed) return;
    const stuck = this.stick && this.atEnd;
    this.offsets = null;
    if (stuck) this.toEnd();
    else if (first) this.#hold(first);
    this.#later();
  }

  async #ask(bottom) {
    if (this.ended || this.asking || bottom + NEAR < this.#offsets()[this.items.length]) return;
    this.asking = true;
    try {
      const found = await this.more();
      if (!found) return;
      if (!found.length) this.ended = true;
      this.offsets = null;
      this.items = [...this.items, ...found];
    } catch (error) {
      this.ended = true;
      this.onFault?.(error);
      return;
    } finally {
      this.asking = false;
    }
    this.onRead?.();
    this.#later();
  }
}
