// The rows of a list as the program has them: the newest page first, then older pages until all are here.

import { call } from './api.js';

const page = 500; // as the program lists at once
const most = 5000; // rows that the page keeps
const overlap = 100; // newest rows that a further page may hold again

export class Feed {
  rows = []; // newest first
  total = null; // that pass; null = not counted
  newer = 0; // that are held back
  loaded = false;
  whole = false; // no older ones are missing
  #query = {};
  #round = 0;
  #timer = 0;
  #due = 0;
  #loading = false;
  #again = false;
  #at;

  // at has path, and functions: open says whether a row may still change, held whether no new row may appear, visible which rows are seen,
  // changed draws, failed shows why a search can't be read, life hears of the world's life.
  constructor(at) { this.#at = at; }

  // ask forgets all rows and begins with another search.
  ask(query) {
    this.#query = query;
    this.#round++;
    this.loaded = false;
    this.soon(0);
  }

  // soon loads what is new in so many milliseconds, or before that.
  soon(ms) {
    const at = performance.now() + ms;
    if (this.#timer && this.#due <= at) return;
    clearTimeout(this.#timer);
    this.#due = at;
    this.#timer = setTimeout(() => { this.#timer = 0; this.#load(); }, ms);
  }

  async #load() {
    if (this.#loading) { this.#again = true; return; }
    this.#loading = true;
    const began = performance.now();
    try {
      await this.#once();
      this.#at.failed('');
    } catch (err) {
      if (err.status === 422) this.#at.failed(err.message);
    } finally {
      this.#loading = false;
      if (this.#again) { this.#again = false; this.soon(Math.max(60, 3 * (performance.now() - began))); } // a busy program needs rest
    }
  }

  async #once() {
    const round = this.#round, full = !this.loaded, held = !full && this.#at.held();
    const part = full ? {} : held ? this.#heldPart() : { after: this.#settled() };
    const got = await this.#get(part);
    if (round !== this.#round) { this.#again = true; return; }
    if (!this.#at.life(got.life)) return;
    const before = [this.total, this.newer, this.rows.length];
    this.total = got.total;
    this.newer = held ? got.newer : 0;
    if (full) this.rows = got.rows;
    else this.#merge(got.rows, held, part.after);
    if (!held) this.whole = got.rows.length < page && (full || this.whole);
    this.rows.length = Math.min(this.rows.length, this.total ?? most, most);
    this.loaded = true;
    if (full || got.rows.length || before.some((n, i) => n !== [this.total, this.newer, this.rows.length][i])) this.#at.changed(full);
    if (!this.whole && this.rows.length < most) await this.#older(round);
    if (this.rows.some(this.#at.open)) this.soon(1000);
  }

  // merge takes further rows in. Where the program has more than a page of them, older rows are loaded again.
  #merge(rows, held, after) {
    const known = new Map(this.rows.map((row) => [row.id, row]));
    const same = (row) => { // an element that stays can be clicked
      const old = known.get(row.id);
      return old && JSON.stringify(old) === JSON.stringify(row) ? old : row;
    };
    const got = rows.map(same);
    if (held) {
      const changed = new Map(got.map((row) => [row.id, row]));
      this.rows = this.rows.map((row) => changed.get(row.id) ?? row);
      return;
    }
    if (got.length === page) this.whole = false;
    this.rows = got.length === page ? got : [...got, ...this.rows.filter((row) => row.id <= after)];
  }

  async #older(round) {
    const last = this.rows.at(-1)?.id;
    if (!last) { this.whole = true; return; }
    const got = await this.#get({ before: last });
    if (round !== this.#round || this.rows.at(-1)?.id !== last || !this.#at.life(got.life)) { this.#again = true; return; }
    this.rows = [...this.rows, ...got.rows].slice(0, most);
    this.whole = got.rows.length < page;
    this.#again ||= !this.whole && this.rows.length < most;
    this.#at.changed(false);
  }

  async #get(part) {
    const query = new URLSearchParams(Object.entries({ ...this.#query, limit: page, ...part }).filter(([, value]) => value));
    const got = await call('GET', `${this.#at.path}?${query}`);
    const violating = new Set(got.violating);
    for (const row of got.rows) if (violating.has(row.id)) row.violates = true;
    return got;
  }

  // settled returns the ID up to which rows are final. The page requests later ones again.
  #settled() {
    const oldest = this.rows.slice(0, page - overlap).findLast(this.#at.open);
    return oldest ? oldest.id - 1 : this.rows[0]?.id ?? 0;
  }

  // heldPart is what a held list asks for: how many are newer, and the rows that are seen, if they may have changed.
  #heldPart() {
    const seen = this.rows[0]?.id, shown = this.#at.visible();
    if (!shown.some(this.#at.open)) return { seen, after: seen, limit: 1 };
    return { seen, before: shown[0].id + 1, after: shown.at(-1).id - 1 };
  }
}
