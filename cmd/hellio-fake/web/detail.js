// One message, all about it.

import { button, copyButton, h, icon, section, span, timeOf } from './dom.js';
import { getToken } from './api.js';
import { codeIn } from './code.js';
import { curl } from './curl.js';
import { deliveryCard } from './deliveries.js';
import { exchange, violations } from './exchange.js';
import { Pane } from './pane.js';

export class Detail extends Pane {
  #app;
  #onBack;

  constructor(el, app, onBack) {
    super(el, {
      path: '/inbox/messages', parts: ['head', 'wrong', 'code', 'text', 'facts', 'life', 'hooks', 'raw'],
      texts: { none: 'Choose a message to read it.', gone: 'This message is no longer held: the world was reset, or its oldest messages made room.' },
    });
    this.#app = app;
    this.#onBack = onBack;
  }

  // unsettled reports whether the message is not final yet.
  get unsettled() {
    const d = this.data;
    return d === null || d.code?.state === 'live' || !['delivered', 'failed'].includes(d.message.status) || d.deliveries.some((one) => one.status === 'pending');
  }

  // tick moves the countdown; the world's clock may have passed the end of a code.
  tick() {
    const code = this.data?.code;
    if (code?.state !== 'live') return;
    const end = Date.parse(code.expires_at), left = (end - this.#app.now()) / 1000;
    const out = this.parts.code.querySelector('.left');
    if (!out) return;
    out.textContent = span(left);
    this.parts.code.querySelector('progress').value = left;
    this.parts.code.classList.toggle('soon', left < 30);
    if (left <= 0) this.refresh();
  }

  draw() {
    const { message: m, code, request } = this.data, now = this.#app.now(), parts = this.parts;
    section(parts.head, m, () => head(m, now, this.#onBack));
    section(parts.wrong, request?.violations, () => violations(request?.violations ?? []));
    section(parts.code, [m.id, code], () => codeCard(m, code));
    section(parts.text, [m.message, this.data.forced, codeIn(m)], () => textCard(this.data));
    section(parts.facts, [m, this.data.encoding, this.data.characters], () => facts(this.data));
    section(parts.life, m, () => lifecycle(m, now));
    section(parts.hooks, [m.status, this.data.deliveries], () => this.#hooks(m, now));
    section(parts.raw, request, () => this.#raw(request));
    this.tick();
  }

  #hooks(m, now) {
    const deliveries = this.data.deliveries;
    const heading = h('h3', {}, 'Webhooks');
    if (deliveries.length === 0) {
      const final = m.status === 'delivered' || m.status === 'failed';
      const why = m.channel !== 'sms' ? 'Only SMS are reported to webhooks.'
        : final ? 'No webhook received a report of this message: none was registered for its event when it became final.'
          : 'Webhooks receive a report when the message is delivered or has failed.';
      const register = curl('POST', `${location.origin}/v1/webhooks`, getToken(), JSON.stringify({ url: 'http://127.0.0.1:3000/webhooks/hellio' }));
      const disabled = this.data.disabled;
      if (final && m.channel === 'sms' && disabled.length) {
        return [heading, disabled.map((id) => h('p', { class: 'bad' }, `webhook ${id} is disabled after 10 failed deliveries `, button('Show the webhook', () => this.#app.go({ view: 'webhooks', id }), { 'data-focus': `hook ${id}` })))];
      }
      return [heading, h('p', { class: 'muted' }, why), final && m.channel === 'sms' ? h('p', { class: 'actions' }, copyButton('Copy the call that registers one', register)) : null];
    }
    return [heading, deliveries.map((d) => deliveryCard(d, now, (action, done) => this.act(action, done)))];
  }

  #raw(request) {
    const heading = h('h3', {}, 'Request and response');
    if (!request) return [heading, h('p', { class: 'muted' }, 'Not known: the message came with a snapshot.')];
    return [heading, h('p', { class: 'actions' }, button('Show the call', () => this.#app.go({ view: 'requests', id: request.id }))), exchange(request)];
  }
}

function head(m, now, onBack) {
  return [
    h('div', { class: 'head-line' },
      h('button', { type: 'button', class: 'back', 'aria-label': 'Back to the list', 'data-focus': 'back', onclick: onBack }, icon('back')),
      h('h2', {}, m.mobile_number),
      h('span', { class: 'chip', 'data-status': m.status }, m.status)),
    h('p', { class: 'muted' }, m.sender ? ['from ', h('b', {}, m.sender), ' · '] : null, m.channel, ' · ', timeOf(m.created_at, now)),
  ];
}

const states = {
  expired: 'Expired: it is no longer accepted.',
  replaced: 'Replaced: a newer code was sent to the same place.',
  ended: 'Used up: it was verified, or had five wrong tries.',
};

function codeCard(m, code) {
  const found = codeIn(m);
  const digits = code?.code ?? found?.digits;
  if (!digits) return [];
  const live = code?.state === 'live';
  const card = h('div', { class: 'code-card', 'data-state': code ? code.state : 'text' },
    h('p', {}, h('span', { class: 'digits', 'aria-hidden': 'true' }, digits), h('span', { class: 'sr' }, `Code ${[...digits].join(' ')}`)),
    copyButton('Copy code', digits, { 'data-primary': true, class: 'primary' }));
  if (!code) card.append(h('p', { class: 'code-note' }, 'A code in the text of an SMS: the app that sent it knows how long it lives.'));
  else if (!live) card.append(h('p', { class: 'code-note' }, states[code.state]));
  else {
    const whole = (Date.parse(code.expires_at) - Date.parse(code.sent_at)) / 1000;
    card.append(h('div', { class: 'countdown' },
      h('progress', { max: whole, value: whole, 'aria-label': 'Time left' }),
      h('p', {}, 'Expires in ', h('span', { class: 'left' }), ` · ${code.tries_left} ${code.tries_left === 1 ? 'try' : 'tries'} left`)));
  }
  return card;
}

function textCard({ message: m, forced, code }) {
  const body = h('p', { class: 'body' });
  const at = forced ? m.message.indexOf(forced) : -1;
  if (at < 0) body.textContent = m.message;
  else body.append(m.message.slice(0, at), h('mark', { title: 'GSM-7 lacks this character' }, forced), m.message.slice(at + forced.length));
  const primary = !code && !codeIn(m);
  return [body, h('p', { class: 'actions' }, copyButton('Copy text', m.message, { 'data-primary': primary, class: primary ? 'primary' : null }))];
}

function facts({ message: m, encoding, characters, forced }) {
  const fact = (name, ...value) => h('div', {}, h('dt', {}, name), h('dd', {}, ...value));
  const point = forced ? `U+${forced.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}` : '';
  return [h('dl', {},
    fact('Segments', String(m.segments)),
    fact('Encoding', encoding, forced ? h('span', { class: 'forced' }, ' forced by ', h('mark', {}, /[\p{C}\p{Z}]/u.test(forced) ? '␣' : forced), ` ${point}`) : null),
    fact('Characters', String(characters)),
    fact('Cost', `${m.cost} ${m.currency}`)),
  h('dl', { class: 'ids' },
    fact('Id', String(m.id)),
    m.campaign_id === null ? null : fact('Campaign', String(m.campaign_id)),
    fact('Reference', h('code', {}, m.reference)))];
}

function lifecycle(m, now) {
  const step = (name, at, note) => h('li', { 'data-status': name, class: at ? 'done' : 'due' }, h('b', {}, name), at ? timeOf(at, now) : h('span', { class: 'muted' }, note));
  const steps = [step('queued', m.created_at), step('sent', m.sent_at, 'in a second')];
  if (m.status === 'failed') steps.push(h('li', { 'data-status': 'failed', class: 'done' }, h('b', {}, 'failed'), h('span', { class: 'why' }, m.error ?? '')));
  else steps.push(step('delivered', m.delivered_at, 'five seconds after it was queued'));
  return [h('h3', {}, 'Lifecycle'), h('ol', { class: 'steps' }, steps)];
}
