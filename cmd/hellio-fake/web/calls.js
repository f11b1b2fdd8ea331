// The calls of the world: each with its answer, fault and violation.

import { $, button, h, icon, section, shortTime, timeOf } from './dom.js';
import { Desk } from './desk.js';
import { exchange, sentence, violations } from './exchange.js';
import { Pane } from './pane.js';
import * as search from './search.js';

export const callDesk = (app) => new Desk(app, {
  root: $('requests'), view: 'requests', prefix: 'calls-', row: 'c', things: 'Calls', names: ['call', 'calls'], hint: 'Call', grammar: search.calls, canFollow: true,
  placeholder: 'op:otp_verify status:4xx violation fault text', path: '/inbox/requests', height: 60,
  open: (c) => c.status === 0 && (c.fault === null || c.fault === 'delay'),
  makePane: (el, onBack) => new CallPane(el, app, onBack), makeRow: (c) => callRow(c, app.now()), empty,
});

// kind is how a call is shown: refused, lost by a fault, in flight, or fine.
const kind = (c) => (c.status >= 400 ? 'refused' : c.fault && c.status === 0 ? 'lost' : c.status === 0 ? 'open' : 'fine');

const statusText = (c) => (c.status || (c.fault ? 'lost' : '…'));

function callRow(c, now) {
  const tag = (text, more = '') => h('span', { class: `tag ${more}` }, text);
  return [
    h('span', { class: 'row-status', 'data-kind': kind(c) }, String(statusText(c))),
    h('span', { class: 'row-to' }, c.op ?? `${c.method} ${c.path}`),
    h('time', { class: 'row-time', datetime: c.at }, shortTime(c.at, now)),
    h('span', { class: 'row-text' },
      c.violations.length ? h('b', { class: 'violates' }, 'violation') : null, c.error ? h('b', { class: c.status >= 400 ? 'bad' : '' }, c.error) : null,
      c.fault ? tag(`fault ${c.fault}`) : null, c.replayed ? tag('replayed') : null, c.idempotency_key ? h('bdi', {}, c.idempotency_key.slice(0, 40)) : null),
    h('span', { class: 'row-channel' }, Number(c.charge) ? c.charge : ''),
  ];
}

class CallPane extends Pane {
  #app;
  #onBack;

  constructor(el, app, onBack) {
    super(el, {
      path: '/inbox/requests', parts: ['head', 'wrong', 'facts', 'made', 'raw'],
      texts: { none: 'Choose a call to read it.', gone: 'This call is no longer held: the world was reset, or its oldest calls made room.' },
    });
    this.#app = app;
    this.#onBack = onBack;
  }

  get unsettled() { return this.data === null || this.data.call.status === 0; }

  draw() {
    const { call: c, made, all } = this.data, now = this.#app.now(), parts = this.parts;
    section(parts.head, c, () => head(c, now, this.#onBack));
    section(parts.wrong, c, () => [verdict(c), violations(c.violations)]);
    section(parts.facts, c, () => facts(c));
    section(parts.made, [made, all], () => this.#made(made, all));
    section(parts.raw, c, () => [h('h3', {}, 'Request and response'), exchange(c)]);
  }

  #made(made, all) {
    if (all === 0) return [];
    const row = (m) => h('li', {}, h('span', { class: 'chip', 'data-status': m.status }, m.status),
      button(m.mobile_number, () => this.#app.go({ view: 'inbox', id: m.id }), { class: 'small', 'data-focus': `message ${m.id}` }), h('bdi', { class: 'row-text' }, m.message.slice(0, 80)));
    return [h('h3', {}, all === 1 ? 'The message that it made' : `The ${all.toLocaleString()} messages that it made`), h('ul', { class: 'made-list' }, made.map(row)),
      all > made.length ? h('p', { class: 'muted' }, `The first ${made.length} are listed.`) : null];
  }
}

function head(c, now, onBack) {
  return [
    h('div', { class: 'head-line' },
      h('button', { type: 'button', class: 'back', 'aria-label': 'Back to the list', 'data-focus': 'back', onclick: onBack }, icon('back')),
      h('h2', {}, c.op || `${c.method} ${c.path}`),
      h('span', { class: 'chip', 'data-kind': kind(c) }, String(statusText(c)))),
    h('p', { class: 'muted' }, `${c.method} ${c.path} · `, timeOf(c.at, now)),
  ];
}

function verdict(c) {
  if (kind(c) === 'lost') return h('div', { class: 'violations' }, h('b', {}, `The fault ${c.fault} acted before the API answered`), h('p', {}, 'The caller saw a broken connection.'));
  if (kind(c) !== 'refused') return null;
  return h('div', { class: 'violations' }, h('b', {}, `${c.status} ${c.error ?? ''}`), h('p', { class: 'sentence' }, sentence(c)));
}

function facts(c) {
  const fact = (name, ...value) => h('div', {}, h('dt', {}, name), h('dd', {}, ...value));
  return h('dl', {},
    fact('Charge', c.charge), fact('Fault', c.fault ?? 'none'), fact('Replayed', c.replayed ? 'yes, the answer of an earlier call' : 'no'),
    fact('Scope', c.scope || 'none'), fact('Idempotency-Key', c.idempotency_key ? h('code', {}, c.idempotency_key) : 'none'), fact('Id', String(c.id)));
}

function empty() {
  return [h('h2', {}, 'No call yet'),
    h('p', {}, 'Each call of the API appears here with its answer, also one that was refused or lost. Is your app pointed at ', h('code', {}, `${location.origin}/v1`), '?')];
}
