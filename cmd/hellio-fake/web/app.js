// The page: what is in the URL is what is shown.

import { $, acting, announce, button, clockTime, confirmed, fullTime, h, section, span, toast } from './dom.js';
import { call, getToken, listen, onReach, setToken } from './api.js';
import { Account } from './account.js';
import { callDesk } from './calls.js';
import { Faults } from './faults.js';
import { inboxDesk } from './messages.js';
import { Refused } from './refused.js';
import { USSD } from './ussd.js';
import { Webhooks } from './webhooks.js';
import { Worlds } from './worlds.js';
import * as places from './place.js';

const state = { place: places.read(''), entered: 0, worlds: [], life: '', skew: 0, kept: 0, lost: false, gone: false };
const now = () => Date.now() + state.skew;

// What the views ask of the page.
const app = {
  now, go, life, titled, newWorld, loadWorlds, changed: () => every(true), token: getToken,
  place: () => state.place, kept: () => state.kept, worlds: () => state.worlds,
};

const desks = { inbox: inboxDesk(app), requests: callDesk(app) };
const pages = { account: new Account(app), webhooks: new Webhooks(app), faults: new Faults(), ussd: new USSD(), worlds: new Worlds(app) };
const refused = new Refused(app);
const desk = () => desks[state.place.view];

// The URL.

function go(change, push = true) {
  history[push ? 'pushState' : 'replaceState'](null, '', places.format(places.moved(state.place, change)));
  follow();
}

// follow shows what the URL says.
function follow() {
  state.place = places.read(location.search);
  const world = state.worlds.find((w) => w.number === state.place.world);
  if (!world) setGone(true);
  else if (state.place.world !== state.entered || getToken() !== world.token) enter(world);
  drawView();
}

function drawView() {
  const { view } = state.place;
  for (const name of Object.keys(places.views)) $(name).hidden = name !== view;
  for (const link of document.querySelectorAll('[data-view]')) {
    link.href = places.format(places.moved(state.place, { view: link.dataset.view }));
    if (link.dataset.view === view) link.setAttribute('aria-current', 'page'); else link.removeAttribute('aria-current');
  }
  document.body.classList.remove('reading', 'blank');
  if (state.gone && view !== 'worlds') return;
  if (desk()) desk().follow();
  else pages[view].draw();
  titled();
}

function titled() {
  const { view } = state.place, count = desk()?.count ?? '0';
  document.title = `${count === '0' ? '' : `(${count}) `}${places.views[view]} · hellio-fake`;
}

// The worlds.

async function loadWorlds() {
  state.worlds = await call('GET', '/inbox/worlds');
  const short = (token) => (token.length > 16 ? `${token.slice(0, 12)}…` : token);
  section($('world'), state.worlds.map((w) => [w.number, w.name, w.token]), () => state.worlds.map((w) => h('option', { value: w.number, title: w.token }, `World ${w.number} · ${w.name || short(w.token)}`)));
  $('world').value = state.place.world;
}

let stream = new AbortController();

function enter(world) {
  state.entered = world.number;
  state.life = '';
  setGone(false);
  $('world').value = world.number;
  setToken(world.token);
  stream.abort();
  stream = new AbortController();
  listen(stream.signal, onMessage, onLive);
  forget();
  every(true);
}

// forget drops what the page knows of the world before.
function forget() {
  refused.forget();
  for (const one of Object.values(desks)) one.enter();
  for (const page of Object.values(pages)) page.forget();
}

// life hears which life of the world an answer is from. Another one is a reset, and the program may have been started again: ids begin
// anew. It reports whether the life is that which the page shows.
function life(text) {
  if (state.life === '') state.life = text;
  if (state.life === text) return true;
  state.life = text;
  history.replaceState(null, '', places.format({ ...state.place, id: 0, after: 0 }));
  state.place = places.read(location.search);
  forget();
  drawView();
  return false;
}

async function newWorld(name = '') {
  await call('POST', '/_fake/worlds', name ? { name } : {});
  await loadWorlds();
  const made = state.worlds.at(-1).number;
  go({ world: made, view: 'inbox' });
  announce(`World ${made} made`);
}

// The stream only says that a message came. The program decides which ones pass the search.

let arrived = 0, last = null, announcing = 0;

function onMessage(m) {
  arrived++;
  last = m;
  desks.inbox.feed.soon(60);
  announcing ||= setTimeout(announceNew, 500);
}

function announceNew() {
  announcing = 0;
  announce(arrived === 1 ? `New message to ${last.mobile_number}${last.sender ? ` from ${last.sender}` : ''}` : `${arrived.toLocaleString()} new messages`);
  arrived = 0;
}

function onLive(is) {
  $('live').dataset.state = is;
  $('live').firstElementChild.textContent = { live: 'Live', connecting: 'Connecting', lost: 'Reconnecting', gone: 'Deleted' }[is];
  if (is === 'live') desks.inbox.feed.soon(0);
  every(true);
}

// A program or a world that is not there any more.

function setLost(is) {
  if (state.lost === is) return;
  state.lost = is;
  drawLost();
}

function setGone(is) {
  if (state.gone === is) return;
  state.gone = is;
  if (is) stream.abort();
  drawLost();
}

// drawLost covers the top, and makes what can't work inert.
function drawLost() {
  document.body.classList.toggle('lost-program', state.lost);
  document.body.classList.toggle('lost-world', state.gone);
  for (const el of [...$('top').children].slice(1)) el.inert = state.lost; // the heading stays
  for (const el of $('main').children) el.inert = state.lost || (state.gone && el.id !== 'worlds');
  section($('lost'), [state.lost, state.gone], () => {
    const since = state.life ? ` This page shows the state of ${$('now').textContent}.` : '';
    if (state.lost) return [h('b', {}, `hellio-fake at ${location.host} does not answer.`), `${since} It tries again every 2 s.`];
    if (!state.gone) return [];
    return [h('b', {}, `World ${state.place.world} is not there: it was deleted, or the program was started again.`), since, ' ', button('Open the first world', () => go({ world: 1, view: 'inbox' }))];
  });
}

// The clock.

function setClock(text) {
  const skew = Date.parse(text) - Date.now();
  if (Math.abs(skew - state.skew) > 200) state.skew = skew; // less is the way of the answer
  tick();
}

function tick() {
  if (state.lost || state.gone) return;
  $('now').textContent = clockTime(now());
  $('now').dateTime = new Date(now()).toISOString();
  $('now').title = fullTime(now());
  const ahead = state.skew / 1000;
  $('ahead').hidden = ahead < 2;
  if (ahead >= 2) $('ahead').textContent = `+${span(ahead)}`;
  desk()?.pane.tick();
}

async function advance(duration) {
  await call('POST', '/_fake/clock/advance', { duration });
  announce(`The clock is ${duration} further on`);
  await every(true);
}

async function reset() {
  const { holds } = await call('GET', '/inbox/state');
  const names = { messages: ['message', 'messages'], requests: ['call', 'calls'], violations: ['violation', 'violations'], webhooks: ['webhook', 'webhooks'], deliveries: ['delivery', 'deliveries'], faults: ['fault', 'faults'] };
  const lost = Object.entries(names).filter(([name]) => holds[name]).map(([name, [one, many]]) => `${holds[name].toLocaleString()} ${holds[name] === 1 ? one : many}`);
  const ahead = state.skew / 1000;
  const content = [h('p', {}, 'The world begins again as it was made. This is lost:'), h('ul', {},
    lost.map((text) => h('li', {}, text)), h('li', {}, 'one-time codes, issued tokens, and changes of the account'),
    ahead >= 2 ? h('li', {}, `the ${span(ahead)} that the clock is ahead: it goes back to real time`) : null)];
  if (!await confirmed('Reset this world?', content, 'Reset')) return;
  await call('POST', '/_fake/reset', {});
  announce('The world is as new');
  await every(true);
}

// What no stream reports: the clock, resets, refused calls, faults' hits, codes, webhooks. A hidden page requests nothing.

let beats = 0, asking = false;

async function every(now = false) {
  if (document.hidden && !now) return;
  beats++;
  if (state.lost && !now && beats % 2) return; // every 2 s
  if (!asking) {
    asking = true;
    try {
      await beat();
    } finally {
      asking = false;
    }
  }
  if (state.lost || state.gone) return;
  const { view } = state.place, one = desk();
  one?.feed.soon(0);
  if (one && (now || one.pane.unsettled || beats % 8 === 0)) one.pane.refresh();
  if (view === 'faults' || now || beats % 5 === 0) pages.faults.refresh();
  if (!one && view !== 'faults' && view !== 'ussd' && (now || beats % 2 === 0)) pages[view].refresh();
}

async function beat() {
  if (!getToken()) return;
  try {
    const got = await call('GET', '/inbox/state');
    state.kept = got.kept;
    life(got.life);
    setClock(got.now);
    refused.set(got.refused);
  } catch (err) {
    if (err.status === 401) await findWorld();
  }
}

// findWorld looks for the world under another token: the program may have been started again.
async function findWorld() {
  await loadWorlds();
  follow();
  const world = state.worlds.find((w) => w.number === state.place.world);
  if (!world) setGone(true);
}

// Keys.

function onKey(e) {
  if (e.ctrlKey || e.metaKey || e.altKey || e.defaultPrevented || state.lost || document.querySelector('dialog')) return;
  if (desk()?.key(e)) e.preventDefault();
}

function skip(e) {
  e.preventDefault();
  if (desk()) desk().list.focus();
  else $(state.place.view).querySelector('button, input, select')?.focus();
}

function wire() {
  for (const link of document.querySelectorAll('[data-view]')) {
    link.addEventListener('click', (e) => {
      if (e.ctrlKey || e.metaKey || e.shiftKey) return;
      e.preventDefault();
      go({ view: link.dataset.view });
    });
  }
  for (const b of document.querySelectorAll('[data-advance]')) b.addEventListener('click', () => acting(b, () => advance(b.dataset.advance)));
  $('world').addEventListener('change', () => go({ world: Number($('world').value), view: state.place.view }));
  $('new-world').addEventListener('click', (e) => acting(e.currentTarget, () => newWorld()));
  $('reset').addEventListener('click', (e) => acting(e.currentTarget, reset));
  document.querySelector('.skip').addEventListener('click', skip);
  document.addEventListener('keydown', onKey);
  addEventListener('popstate', follow);
  onReach((is) => setLost(!is));
  setInterval(tick, 500);
  setInterval(every, 1000);
}

async function start() {
  for (;;) {
    try {
      state.place = places.read(location.search);
      await loadWorlds();
      follow();
      return;
    } catch (err) {
      toast(err.message);
      await new Promise((done) => setTimeout(done, 2000));
    }
  }
}

wire();
start();
