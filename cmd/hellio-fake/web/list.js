// The list of messages: only the rows that can be seen are in the page, so that thousands stay smooth.

import { $, h, shortTime } from './dom.js';
import { codeIn } from './code.js';

const rowHeight = 68; // as .row in inbox.css
const beyond = 6; // rows above and below what can be seen

export class List {
  #el = $('list');
  #spacer = $('spacer');
  #rows = new Map(); // by id
  #messages = [];
  #places = new Map(); // of the messages, by id
  #selected = 0;
  #pending = 0;
  #now;

  // now returns the world's time. onSelect receives the message that a person chose, onOpen the one to show.
  constructor(now, onSelect, onOpen) {
    this.#now = now;
    this.#el.addEventListener('scroll', () => this.#soon(), { passive: true });
    new ResizeObserver(() => this.#soon()).observe(this.#el);
    this.#el.addEventListener('click', (e) => {
      const row = e.target.closest('.row');
      if (!row) return;
      onSelect(Number(row.dataset.id));
      onOpen();
    });
  }

  get scrolled() { return this.#el.scrollTop > rowHeight / 2; }

  // set shows other messages, newest first. The row at the top stays where it is, unless that is the first.
  set(messages) {
    const anchor = this.scrolled ? this.#messages[Math.floor(this.#el.scrollTop / rowHeight)]?.id : undefined;
    const before = this.#places.get(anchor);
    this.#messages = messages;
    this.#places = new Map(messages.map((m, i) => [m.id, i]));
    this.#spacer.style.height = `${messages.length * rowHeight}px`;
    const after = this.#places.get(anchor);
    if (before !== undefined && after !== undefined) this.#el.scrollTop += (after - before) * rowHeight;
    this.#draw();
  }

  // show marks a message as chosen, and brings it into view if that is wanted.
  show(id, scroll) {
    this.#selected = id;
    const i = this.#places.get(id);
    if (scroll && i !== undefined) {
      const top = i * rowHeight, height = this.#el.clientHeight;
      if (top < this.#el.scrollTop) this.#el.scrollTop = top;
      if (top + rowHeight > this.#el.scrollTop + height) this.#el.scrollTop = top + rowHeight - height;
    }
    this.#draw();
  }

  // neighbour returns the id that many rows further on, or the first without a selection.
  neighbour(by) {
    const i = this.#places.get(this.#selected);
    const to = i === undefined ? 0 : Math.min(Math.max(i + by, 0), this.#messages.length - 1);
    return this.#messages[to]?.id;
  }

  get page() { return Math.max(1, Math.floor(this.#el.clientHeight / rowHeight) - 1); }
  get size() { return this.#messages.length; }
  focus() { this.#el.focus(); }
  top() { this.#el.scrollTop = 0; }

  #soon() {
    this.#pending ||= requestAnimationFrame(() => { this.#pending = 0; this.#draw(); });
  }

  #draw() {
    const first = Math.max(0, Math.floor(this.#el.scrollTop / rowHeight) - beyond);
    const last = Math.min(this.#messages.length, Math.ceil((this.#el.scrollTop + this.#el.clientHeight) / rowHeight) + beyond);
    const wanted = new Set();
    for (let i = first; i < last; i++) this.#place(this.#messages[i], i, wanted);
    const chosen = this.#places.get(this.#selected);
    if (chosen !== undefined && (chosen < first || chosen >= last)) this.#place(this.#messages[chosen], chosen, wanted);
    for (const [id, row] of this.#rows) {
      if (!wanted.has(id)) { row.el.remove(); this.#rows.delete(id); }
    }
    if (chosen === undefined) this.#el.removeAttribute('aria-activedescendant');
    else this.#el.setAttribute('aria-activedescendant', `m-${this.#selected}`);
  }

  #place(m, i, wanted) {
    wanted.add(m.id);
    let row = this.#rows.get(m.id);
    if (!row || row.m !== m) {
      const el = makeRow(m, this.#now());
      if (row) row.el.replaceWith(el); else this.#spacer.append(el);
      this.#rows.set(m.id, row = { el, m });
    }
    row.el.style.top = `${i * rowHeight}px`;
    row.el.setAttribute('aria-posinset', i + 1);
    row.el.setAttribute('aria-setsize', this.#messages.length);
    row.el.setAttribute('aria-selected', m.id === this.#selected);
  }
}

function makeRow(m, now) {
  const code = codeIn(m);
  return h('div', { class: 'row', role: 'option', id: `m-${m.id}`, 'data-id': m.id },
    h('span', { class: 'dot', 'data-status': m.status, title: m.status }, h('span', { class: 'sr' }, `${m.status}: `)),
    h('span', { class: 'row-to' }, m.mobile_number),
    h('time', { class: 'row-time', datetime: m.created_at }, shortTime(m.created_at, now)),
    h('span', { class: 'row-text' }, m.violates ? h('b', { class: 'violates' }, 'violation') : null, m.sender ? h('b', {}, m.sender) : null, h('bdi', {}, m.message.slice(0, 160))),
    code ? h('span', { class: 'row-code' }, code.digits) : h('span', { class: 'row-channel' }, m.channel));
}
