// The inbox: what is in the URL is what is shown.

import { $, announce, button, clockTime, copyButton, fullTime, h, acting, section, span, toast } from './dom.js';
import { call, getToken, listen, setToken } from './api.js';
import { curl } from './code.js';
import { Detail, refused } from './detail.js';
import { Faults } from './faults.js';
import { List } from './list.js';
import { USSD } from './ussd.js';
import * as search from './search.js';

const most = 5000; // as the program lists at once
const wide = matchMedia('(min-width: 800px)');

const state = { worlds: [], world: 0, params: { to: '', contains: '', channel: '' }, view: 'inbox', id: 0, messages: [], total: 0, kept: 0, life: '', skew: 0, loaded: false };
const now = () => Date.now() + state.skew;
const detail = new Detail(now, () => leave());
const list = new List(now, (id) => choose(id), () => { if (!wide.matches) detail.focus(); });
const faults = new Faults();
const ussd = new USSD();

// The URL.

function readURL() {
  const query = new URLSearchParams(location.search);
  for (const name of search.parameters) state.params[name] = query.get(name) ?? '';
  state.view = ['faults', 'ussd'].includes(query.get('view')) ? query.get('view') : 'inbox';
  state.id = Number(query.get('id')) || 0;
  const world = Number(query.get('world')) || 1;
  return Math.min(Math.max(world, 1), Math.max(state.worlds.length, 1)) - 1;
}

function urlOf(change = {}) {
  const at = { view: state.view, id: state.id, world: state.world, ...state.params, ...change };
  const query = new URLSearchParams();
  if (at.world > 0) query.set('world', at.world + 1);
  if (at.view !== 'inbox') query.set('view', at.view);
  for (const name of search.parameters) if (at[name]) query.set(name, at[name]);
  if (at.id && at.view === 'inbox') query.set('id', at.id);
  const text = query.toString();
  return text ? `/?${text}` : '/';
}

function go(change, push = true) {
  history[push ? 'pushState' : 'replaceState'](null, '', urlOf(change));
  follow();
}

// follow shows what the URL says.
function follow() {
  const before = JSON.stringify(state.params), world = readURL();
  if (world !== state.world || getToken() !== state.worlds[world]?.token) enter(world);
  else if (JSON.stringify(state.params) !== before) reload();
  drawView();
}

function drawView() {
  for (const name of ['inbox', 'faults', 'ussd']) $(name).hidden = name !== state.view;
  for (const link of document.querySelectorAll('[data-view]')) {
    link.href = urlOf({ view: link.dataset.view });
    if (link.dataset.view === state.view) link.setAttribute('aria-current', 'page'); else link.removeAttribute('aria-current');
  }
  if (state.view === 'faults') faults.draw();
  if (state.view === 'ussd') ussd.draw();
  if (document.activeElement !== $('search')) $('search').value = search.format(state.params);
  drawList();
}

// The worlds.

async function loadWorlds() {
  state.worlds = await call('GET', '/inbox/worlds');
  $('world').replaceChildren(...state.worlds.map((w, i) => h('option', { value: i, title: w.token }, `World ${i + 1} · ${w.name || (w.token.length > 16 ? `${w.token.slice(0, 12)}…` : w.token)}`)));
}

let stream = new AbortController();

function enter(world) {
  state.world = world;
  $('world').value = world;
  setToken(state.worlds[world].token);
  state.messages = [];
  state.loaded = false;
  ussd.forget();
  stream.abort();
  stream = new AbortController();
  listen(stream.signal, onMessage, onLive);
  faults.refresh();
  if (state.view === 'ussd') ussd.refresh();
  reload();
}

async function newWorld() {
  await call('POST', '/_fake/worlds', {});
  await loadWorlds();
  go({ world: state.worlds.length - 1, id: 0, to: '', contains: '', channel: '' });
  announce(`World ${state.worlds.length} made`);
}

// The stream only says that a message came. The program decides which ones pass the search.

let arrived = [];

function onMessage(m) {
  arrived.push(m);
  soon(60);
}

function onLive(now) {
  $('live').dataset.state = now;
  $('live').firstElementChild.textContent = { live: 'Live', connecting: 'Connecting', lost: 'Reconnecting', gone: 'Not there any more' }[now];
  if (now === 'live') soon(0);
  if (now === 'gone') start();
}

function announceNew() {
  const came = arrived;
  arrived = [];
  if (came.length === 1) announce(`New message to ${came[0].mobile_number}${came[0].sender ? ` from ${came[0].sender}` : ''}`);
  else if (came.length > 1) announce(`${came.length} new messages`);
  if (came.length && list.scrolled) {
    $('news').hidden = false;
    $('news').textContent = 'New messages ↑';
  }
}

// Loading.

let round = 0, timer = 0, due = 0, loading = false, again = false;

function reload() {
  round++;
  state.loaded = false;
  soon(0);
}

// soon loads what is new in so many milliseconds, or before that.
function soon(ms) {
  const at = performance.now() + ms;
  if (timer && due <= at) return;
  clearTimeout(timer);
  due = at;
  timer = setTimeout(() => { timer = 0; load(); }, ms);
}

async function load() {
  if (loading) { again = true; return; }
  loading = true;
  try {
    await loadOnce();
    $('search-note').textContent = '';
  } catch (err) {
    if (err.status === 422) $('search-note').textContent = err.message;
  } finally {
    loading = false;
    if (again) { again = false; soon(60); }
  }
}

async function loadOnce() {
  const asked = round, full = !state.loaded;
  const query = new URLSearchParams(Object.entries(state.params).filter(([, value]) => value));
  const after = full ? 0 : settledUpTo();
  if (after) query.set('after', after);
  const got = await call('GET', `/inbox/messages?${query}`);
  if (asked !== round) { again = true; return; }
  setClock(got.now);
  if (!full && got.life !== state.life) { state.loaded = false; again = true; return; }
  const violating = new Set(got.violating);
  for (const m of got.messages) m.violates = violating.has(m.id);
  const changed = full || got.messages.length > 0 || got.total !== state.total;
  state.messages = full ? got.messages : [...got.messages, ...state.messages.filter((m) => m.id <= after)];
  state.messages.length = Math.min(state.messages.length, got.total, most);
  state.life = got.life;
  state.total = got.total;
  state.kept = got.kept;
  section($('refused'), got.refused, (one) => refused(one, now()));
  state.loaded = state.messages.length === Math.min(got.total, most);
  if (!state.loaded) again = true;
  if (changed) drawList();
  announceNew();
  const unsettled = state.messages.filter(open).length;
  if (unsettled) soon(1000 + unsettled / 2); // many are much to ask for
}

const open = (m) => m.status === 'queued' || m.status === 'sent';

// settledUpTo returns the id up to which messages are final. The page requests later ones again.
function settledUpTo() {
  const oldest = state.messages.findLast(open);
  return oldest ? oldest.id - 1 : state.messages[0]?.id ?? 0;
}

// The list and the message.

function drawList() {
  const shown = state.id || (wide.matches ? state.messages[0]?.id ?? 0 : 0);
  list.set(state.messages);
  list.show(shown, false);
  detail.show(shown, !state.id);
  document.body.classList.toggle('reading', state.id !== 0);
  document.body.classList.toggle('blank', state.loaded && state.messages.length === 0 && !searching());
  $('list').hidden = state.messages.length === 0;
  $('empty').hidden = state.messages.length > 0 || !state.loaded;
  if (state.loaded && state.messages.length === 0) section($('empty'), [state.params, state.world, getToken()], empty);
  const count = state.total > most ? `newest ${most.toLocaleString()} of ${state.total.toLocaleString()}` : state.total.toLocaleString();
  const view = { inbox: 'Inbox', faults: 'Faults', ussd: 'USSD' }[state.view];
  document.title = `${count === '0' ? '' : `(${count}) `}${view} · hellio-fake`;
  $('list').setAttribute('aria-label', `Messages, newest first: ${count}`);
  const full = state.kept > 0 && state.total >= state.kept ? ', all that a world keeps: the oldest leave first' : '';
  $('search-count').textContent = state.loaded ? `${count} ${state.total === 1 ? 'message' : 'messages'}${full}` : '';
}

function choose(id, push = wide.matches ? !state.id : true) {
  if (!id) return;
  go({ id }, push);
  list.show(id, true);
}

// leave goes back: from a message to the list, and to following the newest.
function leave() {
  if (state.id) go({ id: 0 });
  list.focus();
}

const searching = () => Object.values(state.params).some(Boolean);

function empty() {
  if (searching()) {
    return [h('h2', {}, 'Nothing matches'), h('p', {}, 'The search knows ', h('code', {}, 'to:'), ', ', h('code', {}, 'channel:'), ' and any text.'),
      h('p', { class: 'actions' }, button('Clear the search', () => { go({ to: '', contains: '', channel: '' }); $('search').focus(); }))];
  }
  const body = { mobile_number: '+233209990001', sender: 'HELLIO' };
  const command = curl('POST', `${location.origin}/v1/otp/send`, getToken(), JSON.stringify(body));
  return [
    h('h2', {}, 'No message yet'),
    h('p', {}, 'What your app sends shows up here as it comes. Point it at ', h('code', {}, `${location.origin}/v1`), ' with the token ', h('code', {}, getToken()), ', or send the first one from a shell:'),
    h('pre', { tabindex: '0', 'aria-label': 'Command' }, command),
    h('p', { class: 'actions' }, copyButton('Copy command', command, { class: 'primary' }), button('Send it from here', async () => {
      const { senders } = await call('GET', '/_fake/account');
      await call('POST', '/v1/otp/send', { ...body, sender: senders[0] ?? body.sender });
    })),
    h('p', { class: 'muted' }, state.kept ? `A world keeps its newest ${state.kept.toLocaleString()} messages: the oldest leave first.` : 'A world keeps every message.'),
  ];
}

// The clock.

function setClock(text) {
  const skew = Date.parse(text) - Date.now();
  if (Math.abs(skew - state.skew) > 200) state.skew = skew; // less is the way of the answer
  tick();
}

function tick() {
  $('now').textContent = clockTime(now());
  $('now').dateTime = new Date(now()).toISOString();
  $('now').title = fullTime(now());
  const ahead = state.skew / 1000;
  $('ahead').hidden = ahead < 2;
  if (ahead >= 2) $('ahead').textContent = `+${span(ahead)}`;
  detail.tick();
}

async function advance(duration) {
  await call('POST', '/_fake/clock/advance', { duration });
  announce(`The clock is ${duration} further on`);
  soon(0);
  await detail.refresh();
}

// Keys.

function onKey(e) {
  if (e.ctrlKey || e.metaKey || e.altKey || e.defaultPrevented) return;
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName);
  if (e.key === 'Escape' && state.view === 'inbox') {
    if (typing || state.id) e.preventDefault();
    if (typing) list.focus(); else leave();
    return;
  }
  if (typing || state.view !== 'inbox') return;
  const inList = document.activeElement === $('list');
  const moves = { j: 1, k: -1 };
  if (inList) Object.assign(moves, { ArrowDown: 1, ArrowUp: -1, PageDown: list.page, PageUp: -list.page, Home: -list.size, End: list.size });
  if (moves[e.key]) {
    list.focus();
    choose(list.neighbour(moves[e.key]), !state.id);
  } else if (e.key === 'Enter' && inList) {
    if (!state.id) choose(state.messages[0]?.id);
    detail.focus();
  } else if (e.key === 'c') detail.copy();
  else if (e.key === '/') $('search').focus();
  else return;
  e.preventDefault();
}

// Beginning.

function wire() {
  let typing = 0;
  $('search').addEventListener('input', () => {
    clearTimeout(typing);
    typing = setTimeout(() => go({ ...search.parse($('search').value), id: 0 }, false), 200);
  });
  $('search-form').addEventListener('submit', (e) => {
    e.preventDefault();
    clearTimeout(typing);
    go({ ...search.parse($('search').value), id: 0 }, false);
    list.focus();
  });
  for (const link of document.querySelectorAll('[data-view]')) {
    link.addEventListener('click', (e) => {
      if (e.ctrlKey || e.metaKey || e.shiftKey) return;
      e.preventDefault();
      go({ view: link.dataset.view });
    });
  }
  for (const b of document.querySelectorAll('[data-advance]')) b.addEventListener('click', () => acting(b, () => advance(b.dataset.advance)));
  $('world').addEventListener('change', () => go({ world: Number($('world').value), id: 0, to: '', contains: '', channel: '' }));
  $('new-world').addEventListener('click', (e) => acting(e.currentTarget, newWorld));
  $('news').addEventListener('click', () => { list.top(); $('news').hidden = true; });
  $('list').addEventListener('scroll', () => { if (!list.scrolled) $('news').hidden = true; }, { passive: true });
  document.querySelector('.skip').addEventListener('click', (e) => { e.preventDefault(); list.focus(); });
  document.addEventListener('keydown', onKey);
  addEventListener('popstate', follow);
  wide.addEventListener('change', drawList);
  setInterval(tick, 500);
  setInterval(every, 2000);
}

let beats = 0;

// every requests what no stream reports: the clock and resets, faults' hits, codes, webhooks. A hidden page requests nothing.
function every() {
  if (document.hidden || !getToken()) return;
  beats++;
  soon(0);
  if (state.view === 'inbox' && (detail.unsettled || beats % 5 === 0)) detail.refresh();
  if (state.view === 'faults' || beats % 3 === 0) faults.refresh();
}

async function start() {
  for (let wait = 500; ; wait = Math.min(2 * wait, 5000)) {
    try {
      await loadWorlds();
      follow();
      return;
    } catch (err) {
      toast(err.message);
      await new Promise((done) => setTimeout(done, wait));
    }
  }
}

wire();
start();
