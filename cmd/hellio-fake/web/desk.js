// A desk is a search box, a list and a pane: the inbox is one, and the calls are one.

import { announce, button, h, held, section } from './dom.js';
import { call } from './api.js';
import { Feed } from './feed.js';
import { List } from './list.js';
import * as search from './search.js';

export const wide = matchMedia('(min-width: 800px)');

export class Desk {
  feed;
  list;
  pane;
  #app;
  #of;
  #el = {};
  #asked = '';
  #typing = 0;
  #force = false; // show the newest, though the pane is held

  // of has the root, prefix of ids, names of the things, grammar, path, open, makePane, row height, makeRow and empty.
  constructor(app, of) {
    this.#app = app;
    this.#of = of;
    this.#build(of);
    this.pane = of.makePane(this.#el.pane, () => this.leave());
    this.list = new List(this.#el.list, {
      height: of.height, prefix: of.row, makeRow: of.makeRow, onSelect: (id) => this.choose(id), onOpen: () => { if (!wide.matches) this.pane.focus(); },
    });
    this.feed = new Feed({
      path: of.path, open: of.open, held: () => this.list.held || !this.#following, visible: () => this.list.visible, life: app.life,
      changed: () => this.draw(), failed: (text) => { this.#el.failed.textContent = text; },
    });
    this.#wire();
  }

  get #place() { return this.#app.place(); }
  get #shown() { return this.#place.view === this.#of.view; }
  get #following() { return this.#place.params.follow !== '0'; }

  #build({ root, prefix, things, placeholder, hint }) {
    const id = (name) => prefix + name;
    const el = this.#el;
    el.search = h('input', { id: id('search'), type: 'search', autocomplete: 'off', autocapitalize: 'none', spellcheck: 'false', placeholder, 'aria-describedby': id('search-note') });
    el.count = h('span', { id: id('search-count') });
    el.failed = h('span', { id: id('search-note'), class: 'search-note', role: 'alert' });
    el.tools = h('span', { class: 'tools' });
    el.form = h('form', { class: 'search', role: 'search' }, h('label', { class: 'sr', for: id('search') }, `Search ${things}`), el.search,
      h('p', { class: 'note' }, el.count, el.tools), el.failed);
    el.list = h('div', { class: 'list', id: id('list'), role: 'listbox', tabindex: '0', 'aria-label': `${things}, newest first` });
    el.news = h('button', { type: 'button', class: 'news', id: id('news'), hidden: true });
    el.empty = h('div', { class: 'empty', id: id('empty'), hidden: true });
    el.pane = h('article', { class: 'pane detail-pane', id: id('detail'), 'aria-label': hint, tabindex: '-1' });
    el.newer = h('button', { type: 'button', class: 'newer', id: id('newer'), hidden: true });
    const keys = [['j'], ['k', 'move'], ['Enter', 'open'], ['c', 'copy'], ['/', 'search'], ['Esc', 'back']];
    root.append(
      h('div', { class: 'pane list-pane' }, el.form, h('div', { class: 'list-wrap' }, el.list, el.news, el.empty),
        h('p', { class: 'keys', 'aria-hidden': 'true' }, keys.map(([key, does]) => [h('kbd', {}, key), does ? ` ${does} ` : ' ']))),
      h('div', { class: 'pane-wrap' }, el.newer, el.pane));
  }

  #wire() {
    const el = this.#el;
    const ask = () => { clearTimeout(this.#typing); this.#app.go({ ...search.parse(el.search.value, this.#of.grammar), id: 0 }, false); };
    el.search.addEventListener('input', () => { clearTimeout(this.#typing); this.#typing = setTimeout(ask, 200); });
    el.form.addEventListener('submit', (e) => { e.preventDefault(); ask(); this.list.focus(); });
    el.news.addEventListener('click', () => this.#takeNew());
    el.newer.addEventListener('click', () => { this.#force = true; this.leave(); });
    for (const name of ['pointerleave', 'focusout']) el.pane.addEventListener(name, () => setTimeout(() => this.#showChosen()));
    el.list.addEventListener('scroll', () => { if (!this.list.held) this.feed.soon(0); }, { passive: true });
    wide.addEventListener('change', () => this.draw());
  }

  #takeNew() {
    this.list.top();
    if (!this.#following) this.feed.ask(this.#query());
    else this.feed.soon(0);
    this.list.focus();
  }

  // enter begins with another world.
  enter() {
    this.#asked = '';
    this.feed.rows = [];
    this.pane.forget();
    this.follow();
  }

  #query() {
    const { params, after } = this.#place, query = { ...params, cleared: after };
    delete query.follow;
    return query;
  }

  // follow shows what the URL says.
  follow() {
    if (!this.#shown) return;
    const { params } = this.#place, asked = JSON.stringify(this.#query());
    if (asked !== this.#asked) {
      this.#asked = asked;
      this.feed.ask(this.#query());
    } else this.feed.soon(0);
    if (document.activeElement !== this.#el.search) this.#el.search.value = search.format(params, this.#of.grammar);
    this.draw();
  }

  draw() {
    if (!this.#shown) return;
    const { id, after } = this.#place, { rows, loaded } = this.feed, el = this.#el;
    this.list.set(rows);
    this.#showChosen();
    document.body.classList.toggle('reading', id !== 0);
    const blank = loaded && rows.length === 0;
    document.body.classList.toggle('blank', blank && !this.#searching && !after && this.#of.view === 'inbox');
    el.list.hidden = rows.length === 0;
    el.empty.hidden = !blank;
    if (blank) section(el.empty, [this.#place, this.#app.token()], () => this.#emptiness());
    el.list.setAttribute('aria-label', `${this.#of.things}, newest first: ${this.count}`);
    el.count.textContent = loaded ? this.#countText() : '';
    el.news.hidden = this.feed.newer === 0;
    if (this.feed.newer) el.news.textContent = `${this.feed.newer >= 1000 ? 'Many' : this.feed.newer} newer ↑`;
    section(el.tools, [after, this.#following, rows.length > 0], () => this.#tools(after, rows.length > 0));
    this.#app.titled();
  }

  // showChosen shows the chosen row or else the newest. While the pointer or the focus is in the pane, it stays.
  #showChosen() {
    if (!this.#shown) return;
    const { id } = this.#place, { rows } = this.feed, newest = rows[0]?.id ?? 0;
    const before = this.list.place(this.pane.id);
    const stays = !id && before > 0 && held(this.#el.pane) && !this.#force;
    this.#force = false;
    const shown = id || (stays ? this.pane.id : wide.matches ? newest : 0);
    const above = stays ? before + this.feed.newer : 0;
    this.#el.newer.hidden = above === 0;
    this.#el.newer.textContent = `${above} newer ↑`;
    this.list.show(shown, false);
    this.pane.show(shown, !id && !stays);
  }

  // count is how many there are, as text.
  get count() {
    const { total, rows, whole } = this.feed;
    if (total !== null) return total.toLocaleString();
    return rows.length.toLocaleString() + (whole ? '' : '+');
  }

  #countText() {
    const { total, rows } = this.feed, [one, many] = this.#of.names;
    const full = this.#app.kept() > 0 && total >= this.#app.kept() ? ', all that a world keeps: the oldest leave first' : '';
    const part = total !== null && rows.length < total ? `newest ${rows.length.toLocaleString()} of ${total.toLocaleString()}` : this.count;
    return `${part} ${total === 1 || (total === null && rows.length === 1) ? one : many}${full}`;
  }

  #tools(after, some) {
    const tools = [];
    if (some) tools.push(button('Clear', () => this.#clear(), { class: 'small', title: 'Hides these rows in this tab. The world keeps them.' }));
    if (after) tools.push(button('Show all', () => this.#app.go({ after: 0 }), { class: 'small' }));
    if (this.#of.canFollow) tools.push(this.#followBox());
    return tools;
  }

  #followBox() {
    const box = h('input', { type: 'checkbox', 'data-focus': 'follow', onchange: () => this.#app.go({ follow: box.checked ? '' : '0' }, false) });
    box.checked = this.#following;
    return h('label', { class: 'follow' }, box, 'Follow');
  }

  // clear hides all rows that there are now, in this tab alone.
  async #clear() {
    const { last } = await call('GET', '/inbox/state');
    this.#app.go({ after: last, id: 0 });
    announce('Cleared in this tab');
  }

  get #searching() { return [...this.#of.grammar.names, ...this.#of.grammar.flags, 'contains'].some((name) => this.#place.params[name]); }

  #emptiness() {
    const { names, flags } = this.#of.grammar;
    if (this.#searching) {
      const none = Object.fromEntries([...names, ...flags, 'contains'].map((name) => [name, '']));
      const known = [...names.map((name) => `${name}:`), ...flags].map((name) => [h('code', {}, name), ', ']);
      return [h('h2', {}, 'Nothing matches'), h('p', {}, 'The search knows ', known, 'and any text.'),
        h('p', { class: 'actions' }, button('Clear the search', () => { this.#app.go(none); this.#el.search.focus(); }))];
    }
    if (this.#place.after) {
      return [h('h2', {}, 'Cleared'), h('p', {}, `New ${this.#of.names[1]} appear here. The world still has the old ones.`),
        h('p', { class: 'actions' }, button('Show all', () => this.#app.go({ after: 0 })))];
    }
    return this.#of.empty();
  }

  choose(id, push = wide.matches ? !this.#place.id : true) {
    if (!id) return;
    this.#app.go({ id }, push);
    this.list.show(id, true);
  }

  // leave goes back: from a row to the list, and to following the newest.
  leave() {
    this.list.focus();
    if (this.#place.id) this.#app.go({ id: 0 });
    else this.#showChosen();
  }

  // key handles a key, and reports whether it did.
  key(e) {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName) && document.activeElement.type !== 'checkbox';
    const { list, pane } = this, chosen = this.#place.id;
    if (e.key === 'Escape') {
      if (typing) list.focus(); else this.leave();
      return typing || chosen !== 0;
    }
    if (typing) return false;
    const inList = document.activeElement === list.el;
    const moves = { j: 1, k: -1 };
    if (inList) Object.assign(moves, { ArrowDown: 1, ArrowUp: -1, PageDown: list.page, PageUp: -list.page, Home: -list.size, End: list.size });
    if (moves[e.key]) {
      list.focus();
      this.choose(list.neighbour(moves[e.key]), !chosen);
    } else if (e.key === 'Enter' && inList) {
      if (!chosen) this.choose(this.feed.rows[0]?.id);
      pane.focus();
    } else if (e.key === 'c') pane.copy();
    else if (e.key === '/') this.#el.search.focus();
    else return false;
    return true;
  }
}
