// One message, all about it.

import { $, announce, button, copyButton, h, icon, section, span, timeOf } from './dom.js';
import { call, getToken } from './api.js';
import { codeIn, curl } from './code.js';

export class Detail {
  #el = $('detail');
  #parts = {};
  #id = 0;
  #asked = 0;
  #awaited = false; // the focus is to go to what is not there yet
  #data = null;
  #now;
  #onBack;

  constructor(now, onBack) {
    this.#now = now;
    this.#onBack = onBack;
    for (const name of ['head', 'wrong', 'code', 'text', 'facts', 'life', 'hooks', 'raw']) this.#parts[name] = h('div', { class: `part ${name}` });
  }

  // show shows another message; 0 is none.
  async show(id, newest) {
    if (id !== this.#id) {
      this.#id = id;
      this.#data = null;
      if (!id) this.#el.replaceChildren(h('p', { class: 'nothing' }, 'Choose a message to read it.'));
    }
    this.#el.classList.toggle('newest', newest);
    await this.refresh();
  }

  // refresh requests the message again. Only the answer to the latest request counts.
  async refresh() {
    const id = this.#id, asked = ++this.#asked;
    if (!id) return;
    let data;
    try {
      data = await call('GET', `/inbox/messages/${id}`);
    } catch {
      return;
    }
    if (asked !== this.#asked) return;
    if (!data) {
      this.#data = null;
      this.#el.replaceChildren(h('p', { class: 'nothing' }, 'This message is no longer held: the world was reset, or its oldest messages made room.'));
      return;
    }
    if (!this.#data) {
      for (const part of Object.values(this.#parts)) part.shown = undefined;
      this.#el.replaceChildren(...Object.values(this.#parts));
      this.#el.scrollTop = 0;
    }
    this.#data = data;
    this.#draw();
    if (this.#awaited && document.activeElement === this.#el) this.focus();
  }

  // unsettled reports whether the message is not final yet.
  get unsettled() {
    const d = this.#data;
    return d === null || d.code?.state === 'live' || !['delivered', 'failed'].includes(d.message.status) || d.deliveries.some((one) => one.status === 'pending');
  }

  // focus goes to what one most likely wants: the copy button, once it is there.
  focus() {
    const primary = this.#data && this.#el.querySelector('[data-primary]');
    this.#awaited = !primary;
    (primary ?? this.#el).focus();
  }

  copy() {
    this.#el.querySelector('[data-primary]')?.click();
  }

  // tick moves the countdown; the world's clock may have passed the end of a code.
  tick() {
    const code = this.#data?.code;
    if (code?.state !== 'live') return;
    const end = Date.parse(code.expires_at), left = (end - this.#now()) / 1000;
    const out = this.#parts.code.querySelector('.left');
    if (!out) return;
    out.textContent = span(left);
    this.#parts.code.querySelector('progress').value = left;
    this.#parts.code.classList.toggle('soon', left < 30);
    if (left <= 0) this.refresh();
  }

  #draw() {
    const { message: m, code, request } = this.#data, now = this.#now(), parts = this.#parts;
    section(parts.head, m, () => head(m, now, this.#onBack));
    section(parts.wrong, request?.violations, () => violations(request?.violations ?? []));
    section(parts.code, [m.id, code], () => codeCard(m, code));
    section(parts.text, [m.message, this.#data.forced, codeIn(m)], () => textCard(this.#data));
    section(parts.facts, [m, this.#data.encoding, this.#data.characters], () => facts(this.#data));
    section(parts.life, m, () => lifecycle(m, now));
    section(parts.hooks, [m.status, this.#data.deliveries], () => this.#hooks(m, now));
    section(parts.raw, request, () => exchange(request));
    this.tick();
  }

  #hooks(m, now) {
    const deliveries = this.#data.deliveries;
    const heading = h('h3', {}, 'Webhooks');
    if (deliveries.length === 0) {
      const final = m.status === 'delivered' || m.status === 'failed';
      const why = m.channel !== 'sms' ? 'Only SMS are reported to webhooks.'
        : final ? 'No webhook received a report of this message: none was registered for its event when it became final.'
          : 'Webhooks receive a report when the message is delivered or has failed.';
      const register = curl('POST', `${location.origin}/v1/webhooks`, getToken(), JSON.stringify({ url: 'http://127.0.0.1:3000/webhooks/hellio' }));
      return [heading, h('p', { class: 'muted' }, why), final && m.channel === 'sms' ? h('p', { class: 'actions' }, copyButton('Copy the call that registers one', register)) : null];
    }
    return [heading, deliveries.map((d) => this.#delivery(d, now))];
  }

  #delivery(d, now) {
    const replay = (effect, done) => async () => {
      await call('POST', `/_fake/deliveries/${encodeURIComponent(d.id)}/replay`, effect ? { effect } : {});
      announce(done);
      await this.refresh();
    };
    const act = (label, effect, done, title) => button(label, replay(effect, done), { 'data-focus': `${d.id} ${label}`, title });
    return h('div', { class: 'delivery' },
      h('p', { class: 'delivery-head' }, h('span', { class: 'chip', 'data-status': d.status }, d.status), h('code', {}, d.event), h('span', { class: 'muted url' }, d.url)),
      h('ol', { class: 'attempts' }, d.attempts.map((a) => attempt(a, now))),
      d.attempts.length === 0 ? h('p', { class: 'muted' }, 'Not tried yet.') : null,
      h('p', { class: 'actions' },
        act('Replay', '', 'Replayed', 'Sends the same bytes again with a new signature'),
        act('Duplicate', 'webhook_duplicate', 'Sent twice', 'The same post twice, as a receiver must be ready for'),
        act('Break signature', 'webhook_bad_signature', 'Sent with wrong signatures', 'Both signatures wrong: the receiver must refuse it')),
      h('details', { 'data-key': d.id }, h('summary', {}, 'Body and headers'),
        h('pre', {}, pretty(d.body)), d.attempts.length ? h('pre', {}, headerLines(d.attempts.at(-1).headers)) : null));
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

function attempt(a, now) {
  const ok = a.status_code >= 200 && a.status_code < 300;
  return h('li', {},
    h('span', { class: `result ${ok ? 'good' : 'bad'}` }, a.status_code === null ? 'no answer' : String(a.status_code)),
    timeOf(a.at, now),
    a.replay ? h('span', { class: 'tag' }, 'replay') : null,
    a.fault ? h('span', { class: 'tag' }, a.fault.replace('webhook_', '').replace('_', ' ')) : null,
    a.error && a.status_code === null ? h('span', { class: 'muted' }, a.error) : null);
}

function exchange(request) {
  const heading = h('h3', {}, 'Request and response');
  if (!request) return [heading, h('p', { class: 'muted' }, 'Not known: the message came with a snapshot.')];
  const command = curl(request.method, location.origin + request.path, getToken(), request.request_body);
  return [
    heading,
    h('p', { class: 'actions' }, copyButton('Copy as curl', command, { title: 'Without its Idempotency-Key, so that it sends again' })),
    request.fault ? h('p', { class: 'muted' }, `The fault ${request.fault} acted on it; this is the answer that the API gave.`) : null,
    h('details', { 'data-key': 'request', open: true }, h('summary', {}, h('code', {}, `${request.method} ${request.path}`)),
      h('pre', { tabindex: '0', 'aria-label': 'Request headers' }, headerLines(request.headers)), h('pre', { tabindex: '0', 'aria-label': 'Request body' }, pretty(request.request_body))),
    h('details', { 'data-key': 'response', open: true }, h('summary', {}, h('code', {}, `${request.status || 'no answer'}`)),
      h('pre', { tabindex: '0', 'aria-label': 'Response body' }, pretty(request.response_body))),
  ];
}

// violations are the sentences about what no correct client sends.
function violations(texts) {
  if (texts.length === 0) return [];
  return h('div', { class: 'violations' }, h('b', {}, 'No correct client sends this'), texts.map((text) => h('p', {}, text)));
}

// refused shows a call that came to nothing, or that no correct client makes.
export function refused(call, now) {
  if (!call) return [];
  const end = h('summary', {}, h('b', { class: 'bad' }, String(call.status)), ` ${call.code || (call.status < 400 ? 'violation' : 'refused')} `, h('span', { class: 'muted' }, `${call.method} ${call.path} · `, timeOf(call.at, now)));
  return [violations(call.violations), h('details', { 'data-key': 'refused' }, end, call.fault ? h('p', { class: 'muted' }, `By the fault ${call.fault}.`) : null,
    h('p', { class: 'muted' }, 'Answer'), h('pre', { tabindex: '0', 'aria-label': 'Response body' }, pretty(call.response_body)),
    h('p', { class: 'muted' }, 'Request'), h('pre', { tabindex: '0', 'aria-label': 'Request body' }, pretty(call.request_body)))];
}

const headerLines = (headers) => Object.keys(headers).sort().map((name) => `${name}: ${headers[name]}`).join('\n');

const mostShown = 10_000; // characters of a body: ten thousand recipients are no reading

function pretty(text) {
  let shown = text;
  try {
    shown = JSON.stringify(JSON.parse(text), null, 2);
  } catch { /* as it is */ }
  return shown.length > mostShown ? `${shown.slice(0, mostShown)}\n… and ${(shown.length - mostShown).toLocaleString()} more characters` : shown;
}

