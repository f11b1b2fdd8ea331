// Worlds: find that of a failed test by the test's name.

import { $, announce, button, confirmed, copyButton, field, formOf, h, section, timeOf } from './dom.js';
import { callAs } from './api.js';

const most = 200; // that are listed

export class Worlds {
  #app;
  #list = h('div');
  #search = null;
  #text = '';

  constructor(app) { this.#app = app; }

  draw() {
    if (!this.#search) this.#make();
    const text = this.#app.place().params.contains;
    if (text || document.activeElement !== this.#search) {
      if (text) this.#text = text;
      if (document.activeElement !== this.#search) this.#search.value = this.#text;
    }
    this.show();
    this.refresh();
  }

  #make() {
    this.#search = h('input', { id: 'world-search', type: 'search', autocomplete: 'off', spellcheck: 'false' });
    this.#search.addEventListener('input', () => this.#find(this.#search.value));
    const name = h('input', { id: 'world-name', type: 'text', maxlength: '100', autocomplete: 'off' });
    $('worlds').append(
      h('h2', {}, 'Worlds'),
      h('p', { class: 'lead' }, 'Each token is a world of its own, with its own messages, balance and clock. Tests that run in parallel make one each.'),
      field('Search by name or token', this.#search), this.#list,
      h('h3', {}, 'Make a world'),
      formOf('Make', async () => { const made = name.value; name.value = ''; await this.#app.newWorld(made); }, field('Name', name, 'Only this page shows it')));
  }

  // find narrows the list. A token never comes into the URL.
  #find(text) {
    this.#text = text;
    const secret = text !== '' && this.#app.worlds().some((w) => w.token.startsWith(text));
    this.#app.go({ contains: secret ? '' : text }, false);
    this.show();
  }

  forget() {}

  async refresh() {
    try {
      await this.#app.loadWorlds();
    } catch {
      return; // the next one may get through
    }
    this.show();
  }

  show() {
    if (!this.#search) return;
    const wanted = this.#text.trim().toLowerCase();
    const found = this.#app.worlds().filter((w) => w.name.toLowerCase().includes(wanted) || w.token.toLowerCase().includes(wanted));
    section(this.#list, [found.slice(0, most), found.length, this.#app.place().world], () => this.#table(found));
  }

  #table(found) {
    if (found.length === 0) return h('p', { class: 'quiet' }, 'No world matches.');
    const here = this.#app.place().world, columns = ['World', 'Token', 'Messages', 'Calls', 'Last call'];
    const rows = found.slice(0, most).map((w) => h('tr', { 'aria-current': w.number === here ? 'true' : null },
      h('td', {}, h('b', {}, w.name || `World ${w.number}`), w.name ? h('span', { class: 'muted' }, ` world ${w.number}`) : null, w.number === here ? h('span', { class: 'tag' }, 'open') : null),
      h('td', {}, h('code', {}, `${w.token.slice(0, 12)}${w.token.length > 12 ? '…' : ''}`)), h('td', {}, w.messages.toLocaleString()), h('td', {}, w.requests.toLocaleString()),
      h('td', {}, w.last_call ? timeOf(w.last_call, Date.now()) : '–'),
      h('td', {}, h('span', { class: 'row-actions' },
        button('Open', () => this.#app.go({ world: w.number, view: 'inbox' }), { class: 'small', 'aria-label': `Open world ${w.number}`, 'data-focus': `open ${w.number}` }),
        copyButton('Copy token', w.token, { class: 'small', 'aria-label': `Copy token of world ${w.number}`, 'data-focus': `token ${w.number}` }),
        w.first ? null : button('Delete', () => this.#delete(w), { class: 'small danger', 'aria-label': `Delete world ${w.number}`, 'data-focus': `delete ${w.number}` })))));
    return [
      h('div', { class: 'table-wrap', tabindex: '0', role: 'group', 'aria-label': 'Worlds' }, h('table', {}, h('thead', {}, h('tr', {}, columns.map((name) => h('th', { scope: 'col' }, name)), h('td'))), h('tbody', {}, rows))),
      found.length > most ? h('p', { class: 'muted' }, `The first ${most} of ${found.length.toLocaleString()}: search for another.`) : null,
    ];
  }

  async #delete(w) {
    const name = w.name || `World ${w.number}`;
    if (!await confirmed('Delete this world?', [h('p', {}, h('b', {}, name)), h('p', {}, `Its ${w.messages.toLocaleString()} messages and ${w.requests.toLocaleString()} calls are lost, and its tokens are refused from then on.`)], 'Delete')) return;
    if (this.#app.place().world === w.number) this.#app.go({ world: 1, view: 'worlds' }); // before its token is refused
    await callAs(w.token, 'DELETE', '/_fake/worlds', {});
    announce('Deleted');
    await this.refresh();
  }
}
