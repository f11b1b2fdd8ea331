// A phone for USSD: each step goes through /v1/ussd/simulate to the app's own callback.

import { $, announce, button, field, h, section, toast } from './dom.js';
import { call } from './api.js';

const keys = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'];

export class USSD {
  #apps = [];
  #session = ''; // "" = none is open
  #steps = [];
  #made = null; // the app that was made last, with its secrets
  #el = {};

  draw() {
    if (this.#el.app) { this.refresh(); return; }
    const el = this.#el;
    el.app = h('select', { id: 'ussd-app', onchange: () => this.#hangUp() });
    el.number = h('input', { id: 'ussd-number', type: 'tel', value: '+233209990001', autocomplete: 'off' });
    el.name = h('input', { id: 'ussd-name', type: 'text', value: 'My app', required: true, maxlength: '120' });
    el.url = h('input', { id: 'ussd-url', type: 'url', placeholder: 'http://127.0.0.1:3000/ussd', required: true });
    el.secret = h('div');
    el.screen = h('div', { class: 'screen', role: 'log', 'aria-label': 'Phone screen', tabindex: '0' });
    el.input = h('input', { class: 'entry', id: 'ussd-input', type: 'text', inputmode: 'tel', maxlength: '182', autocomplete: 'off', 'aria-label': 'Your answer' });
    el.send = h('button', { type: 'submit', class: 'primary' }, 'Dial');
    const phone = h('form', { class: 'phone', onsubmit: (e) => { e.preventDefault(); this.#step(); } },
      el.screen, el.input,
      h('div', { class: 'pad' }, keys.map((key) => h('button', { type: 'button', 'aria-label': `Key ${key}`, onclick: () => { el.input.value += key; } }, key))),
      h('div', { class: 'pad-actions' }, button('Hang up', () => this.#hangUp()), el.send));
    const make = h('form', { class: 'card', onsubmit: (e) => { e.preventDefault(); this.#make(); } },
      h('h3', {}, 'New app'), field('Name', el.name), field('Callback URL', el.url, 'http is allowed on this machine alone'),
      h('button', { type: 'submit' }, 'Make app'), el.secret);
    $('ussd').append(
      h('h2', {}, 'USSD'),
      h('p', { class: 'lead' }, 'Each step is posted, signed, to the callback of the app, whose answer is what the phone shows. The steps are calls of the API: faults and the rate limit apply to them too.'),
      h('div', { class: 'two' }, h('div', {}, h('div', { class: 'card' }, h('h3', {}, 'Call'), field('App', el.app), field('From number', el.number)), make), phone));
    this.#show();
    this.refresh();
  }

  async refresh() {
    if (!this.#el.app) return; // draw asks
    try {
      this.#apps = await call('GET', '/inbox/ussd');
    } catch (err) {
      toast(err.message);
      return;
    }
    const chosen = this.#el.app.value;
    section(this.#el.app, this.#apps, (apps) => (apps.length
      ? apps.map((a) => h('option', { value: a.id }, `${a.name} · ${a.callback_url}`)) : h('option', { value: '' }, 'No app yet: make one')));
    if (this.#apps.some((a) => a.id === chosen)) this.#el.app.value = chosen;
    this.#show();
  }

  // forget is for another world.
  forget() {
    this.#apps = [];
    this.#made = null;
    if (this.#el.app) this.#hangUp();
  }

  async #make() {
    const { name, url, app } = this.#el;
    try {
      this.#made = (await call('POST', '/v1/ussd/apps', { name: name.value, callback_url: url.value })).data;
    } catch (err) {
      toast(err.message);
      return;
    }
    await this.refresh();
    app.value = this.#made.id;
    this.#hangUp();
    announce('App made');
  }

  async #step() {
    const { app, number, input, send } = this.#el;
    if (!app.value) { toast('Make an app first: a name and the callback URL of your program.'); return; }
    const fresh = this.#session === '', text = input.value;
    if (fresh) {
      this.#session = [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, '0')).join('');
      this.#steps = [];
    } else this.#steps.push(['you', text]);
    input.value = '';
    send.disabled = true;
    try {
      const { data } = await call('POST', '/v1/ussd/simulate', { app_id: app.value, session_id: this.#session, msisdn: number.value, input: fresh ? '' : text, new_session: fresh });
      this.#steps.push(['app', data.message]);
      if (!data.continue) this.#end('The session has ended.');
    } catch (err) {
      this.#end(err.message);
    } finally {
      send.disabled = false;
      this.#show();
      input.focus();
    }
  }

  #end(why) {
    this.#steps.push(['note', why]);
    this.#session = '';
  }

  #hangUp() {
    this.#session = '';
    this.#steps = [];
    this.#show();
  }

  #show() {
    const { screen, send, secret, input } = this.#el;
    const idle = [['note', this.#apps.length ? 'Dial to begin a session.' : 'Make an app with the callback URL of your program, then dial.']];
    section(screen, this.#steps.length ? this.#steps : idle, (steps) => steps.map(([who, text]) => h('p', { class: who }, text)));
    screen.scrollTop = screen.scrollHeight;
    send.textContent = this.#session ? 'Send' : 'Dial';
    input.disabled = !this.#session;
    section(secret, this.#made, (made) => (made ? h('p', { class: 'muted secret' }, 'Its test secret, shown once: ', h('code', {}, made.test_secret)) : []));
  }
}
