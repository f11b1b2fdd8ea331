// A list of which only the rows that can be seen are in the page, so that thousands stay smooth.

import { h } from './dom.js';

const beyond = 6; // rows above and below what can be seen
const rest = 1500; // ms: after that, a pointer that does not move chooses nothing

export class List {
  el;
  rows = [];
  #spacer = h('div', { class: 'spacer', role: 'presentation' });
  #made = new Map(); // elements by id
  #places = new Map(); // of the rows, by id
  #selected = 0;
  #pending = 0;
  #moved = -rest;
  #height;
  #makeRow;
  #prefix;

  // height is that of a row in the style sheet. onSelect receives the id that a person chose, onOpen shows it.
  constructor(el, { height, prefix, makeRow, onSelect, onOpen }) {
    this.el = el;
    this.#height = height;
    this.#prefix = prefix;
    this.#makeRow = makeRow;
    el.append(this.#spacer);
    el.addEventListener('scroll', () => this.#soon(), { passive: true });
    el.addEventListener('pointermove', () => { this.#moved = performance.now(); }, { passive: true });
    new ResizeObserver(() => this.#soon()).observe(el);
    el.addEventListener('click', (e) => {
      const row = e.target.closest('.row');
      if (!row) return;
      onSelect(Number(row.dataset.id));
      onOpen();
    });
  }

  get scrolled() { return this.el.scrollTop > this.#height / 2; }

  // held reports whether rows must stay where they are: the list is scrolled, or the pointer is on its way to one.
  get held() { return this.scrolled || performance.now() - this.#moved < rest; }

  // visible returns the rows that can be seen.
  get visible() {
    const [first, last] = this.#range(0);
    return this.rows.slice(first, last);
  }

  // set shows other rows, newest first.
  set(rows) {
    this.rows = rows;
    this.#places = new Map(rows.map((row, i) => [row.id, i]));
    this.#spacer.style.height = `${rows.length * this.#height}px`;
    this.#draw();
  }

  // show marks a row as chosen, and brings it into view if that is wanted.
  show(id, scroll) {
    this.#selected = id;
    const i = this.#places.get(id);
    if (scroll && i !== undefined) {
      const top = i * this.#height, height = this.el.clientHeight;
      if (top < this.el.scrollTop) this.el.scrollTop = top;
      if (top + this.#height > this.el.scrollTop + height) this.el.scrollTop = top + this.#height - height;
    }
    this.#draw();
  }

  // neighbour returns the id that many rows further on, or the first without a selection.
  neighbour(by) {
    const i = this.#places.get(this.#selected);
    const to = i === undefined ? 0 : Math.min(Math.max(i + by, 0), this.rows.length - 1);
    return this.rows[to]?.id;
  }

  // place returns how many rows are above one; -1 = it is not here.
  place(id) { return this.#places.get(id) ?? -1; }

  get page() { return Math.max(1, Math.floor(this.el.clientHeight / this.#height) - 1); }
  get size() { return this.rows.length; }
  focus() { this.el.focus(); }
  top() { this.el.scrollTop = 0; this.#moved = -rest; }

  #soon() {
    this.#pending ||= requestAnimationFrame(() => { this.#pending = 0; this.#draw(); });
  }

  #range(more) {
    const first = Math.max(0, Math.floor(this.el.scrollTop / this.#height) - more);
    return [first, Math.min(this.rows.length, Math.ceil((this.el.scrollTop + this.el.clientHeight) / this.#height) + more)];
  }

  #draw() {
    const [first, last] = this.#range(beyond), wanted = new Set();
    for (let i = first; i < last; i++) this.#put(this.rows[i], i, wanted);
    const chosen = this.#places.get(this.#selected);
    if (chosen !== undefined && (chosen < first || chosen >= last)) this.#put(this.rows[chosen], chosen, wanted);
    for (const [id, made] of this.#made) {
      if (!wanted.has(id)) { made.el.remove(); this.#made.delete(id); }
    }
    if (chosen === undefined) this.el.removeAttribute('aria-activedescendant');
    else this.el.setAttribute('aria-activedescendant', `${this.#prefix}-${this.#selected}`);
  }

  #put(row, i, wanted) {
    wanted.add(row.id);
    let made = this.#made.get(row.id);
    if (!made || made.row !== row) {
      const el = h('div', { class: 'row', role: 'option', id: `${this.#prefix}-${row.id}`, 'data-id': row.id }, this.#makeRow(row));
      if (made) made.el.replaceWith(el); else this.#spacer.append(el);
      this.#made.set(row.id, made = { el, row });
    }
    made.el.style.top = `${i * this.#height}px`;
    made.el.setAttribute('aria-posinset', i + 1);
    made.el.setAttribute('aria-setsize', this.rows.length);
    made.el.setAttribute('aria-selected', row.id === this.#selected);
  }
}
