// The pane next to a list: all about one row.

import { announce, h } from './dom.js';
import { call } from './api.js';

export class Pane {
  el;
  parts = {};
  data = null;
  #path;
  #texts;
  #id = 0;
  #asked = 0;
  #awaited = false; // the focus is to go to what is not there yet

  // texts has none, for no choice, and gone, for what is no longer held.
  constructor(el, { path, parts, texts }) {
    this.el = el;
    this.#path = path;
    this.#texts = texts;
    for (const name of parts) this.parts[name] = h('div', { class: `part ${name}` });
  }

  get id() { return this.#id; }

  // show shows another row; 0 is none.
  async show(id, newest) {
    if (id !== this.#id) {
      this.#id = id;
      this.data = null;
      if (!id) this.#say(this.#texts.none);
    }
    this.el.classList.toggle('newest', newest);
    await this.refresh();
  }

  #say(text) { this.el.replaceChildren(h('p', { class: 'nothing' }, text)); }

  // refresh requests the row again. Only the answer to the latest request counts.
  async refresh() {
    const id = this.#id, asked = ++this.#asked;
    if (!id) return;
    let data;
    try {
      data = await call('GET', `${this.#path}/${id}`);
    } catch {
      return;
    }
    if (asked !== this.#asked) return;
    if (!data) {
      this.data = null;
      this.#say(this.#texts.gone);
      return;
    }
    if (!this.data) {
      for (const part of Object.values(this.parts)) part.shown = undefined;
      this.el.replaceChildren(...Object.values(this.parts));
      this.el.scrollTop = 0;
    }
    this.data = data;
    this.draw();
    if (this.#awaited && document.activeElement === this.el) this.focus();
  }

  // forget is for another world: the same id is another row.
  forget() {
    this.#id = 0;
    this.#asked++;
    this.data = null;
  }

  // focus goes to what one most likely wants: the copy button, once it is there.
  focus() {
    const primary = this.data && this.el.querySelector('[data-primary]');
    this.#awaited = !primary;
    (primary ?? this.el).focus();
  }

  copy() { this.el.querySelector('[data-primary]')?.click(); }

  // act returns an action that calls the program, says what was done, and shows what has become of the row.
  act(action, done) {
    return async () => {
      await action();
      announce(done);
      await this.refresh();
    };
  }

  // Of those that extend it: draw shows data, tick moves what runs with the clock, unsettled says whether the row may still change.
  draw() {}
  tick() {}
  get unsettled() { return this.data === null; }
}
