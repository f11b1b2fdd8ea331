// Webhooks: why one does not fire, and what it was sent.

import { $, announce, button, confirmed, copyButton, field, formOf, h, section, timeOf, toast } from './dom.js';
import { call } from './api.js';
import { deliveryCard } from './deliveries.js';

const delivered = '+233009900000'; // NumberDelivered of helliotest: its report is message.delivered

export class Webhooks {
  #app;
  #list = h('div', { class: 'hooks' });
  #made = false;

  constructor(app) { this.#app = app; }

  draw() {
    if (!this.#made) this.#make();
    this.refresh();
  }

  #make() {
    this.#made = true;
    const url = h('input', { id: 'hook-url', type: 'url', required: true, placeholder: 'http://127.0.0.1:3000/webhooks/hellio', autocomplete: 'off' });
    const event = h('select', { id: 'hook-event' }, ['*', 'message.delivered', 'message.failed'].map((name) => h('option', { value: name }, name === '*' ? 'every event' : name)));
    $('webhooks').append(
      h('h2', {}, 'Webhooks'),
      h('p', { class: 'lead' }, 'A webhook receives a signed report when an SMS is delivered or has failed. Registering, deleting and the test event are calls of the API: faults and limits apply to them too.'),
      h('p', { class: 'actions' }, button('Send a test event', () => this.#test(), { class: 'primary' })),
      this.#list,
      h('h3', {}, 'Register a receiver'),
      formOf('Register', async () => {
        const { data } = await call('POST', '/v1/webhooks', { url: url.value, events: [event.value] });
        url.value = '';
        announce('Registered');
        this.#app.go({ id: data.id });
      }, field('URL', url, 'http on this machine, https elsewhere'), field('Events', event)));
  }

  forget() { section(this.#list, null, () => []); }

  async refresh() {
    if (!this.#made) return;
    let all;
    try {
      all = await call('GET', '/inbox/webhooks');
    } catch {
      return; // the next one may get through
    }
    const { id } = this.#app.place();
    section(this.#list, [all, id], () => (all.length ? all.map((one) => this.#card(one, one.webhook.id === id || all.length === 1))
      : h('p', { class: 'quiet' }, 'No webhook is registered: no report is sent.')));
  }

  #card({ webhook: w, deliveries, counts }, open) {
    const now = this.#app.now(), total = Object.values(counts).reduce((a, b) => a + b, 0);
    const act = (action, done) => async () => { await action(); announce(done); await this.refresh(); };
    const on = (label, work, more) => button(label, work, { 'aria-label': `${label} webhook ${w.id}`, 'data-focus': `${label} ${w.id}`, ...more });
    return h('section', { class: 'card hook', 'aria-label': `Webhook ${w.id}`, 'data-active': String(w.active) },
      h('p', { class: 'hook-head' }, h('span', { class: 'chip', 'data-status': w.active ? 'delivered' : 'failed' }, w.active ? 'active' : 'disabled'), h('b', { class: 'url' }, w.url), h('span', { class: 'muted' }, `webhook ${w.id}`)),
      w.active ? null : h('p', { class: 'bad' }, `It is disabled after ${w.failure_count} failed deliveries: it receives nothing until you enable it.`),
      h('dl', {},
        fact('Events', w.events.join(' ')), fact('Failures in a row', String(w.failure_count)),
        fact('Deliveries', ['delivered', 'failed', 'pending'].filter((name) => counts[name]).map((name) => `${counts[name].toLocaleString()} ${name}`).join(', ') || 'none'),
        fact('Registered', timeOf(w.created_at, now))),
      w.last_error ? h('p', {}, 'Last error: ', h('span', { class: 'bad' }, w.last_error)) : null,
      h('p', { class: 'actions' }, copyButton('Copy secret', w.secret, { 'aria-label': `Copy secret of webhook ${w.id}`, 'data-focus': `secret ${w.id}` }),
        w.active ? null : on('Enable', act(() => call('POST', `/_fake/webhooks/${w.id}/enable`, {}), 'Enabled'), { class: 'primary' }),
        on('Delete', () => this.#delete(w), { class: 'danger' })),
      total === 0 ? null : h('details', { 'data-key': `hook ${w.id}`, open }, h('summary', {}, total > deliveries.length ? `The newest ${deliveries.length} of ${total.toLocaleString()} deliveries` : `${total} ${total === 1 ? 'delivery' : 'deliveries'}`),
        deliveries.map((d) => h('div', {}, button(`Message ${d.message_id}`, () => this.#app.go({ view: 'inbox', id: d.message_id }), { class: 'small', 'data-focus': `of ${d.id}` }), deliveryCard(d, now, act)))));
  }

  async #delete(w) {
    if (!await confirmed('Delete this webhook?', [h('p', { class: 'url' }, w.url), h('p', {}, 'It receives nothing from then on, and its deliveries leave this page.')], 'Delete')) return;
    await call('DELETE', `/v1/webhooks/${w.id}`);
    announce('Deleted');
    await this.refresh();
  }

  // test sends an SMS that is delivered, as any call does.
  async #test() {
    const { senders } = await call('GET', '/_fake/account');
    if (senders.length === 0) throw new Error('No sender is approved: approve one on the page Account.');
    await call('POST', '/v1/sms/send', { recipients: [delivered], sender: senders[0], message: 'A test event' });
    toast('Sent. The report comes in 5 seconds on the world’s clock; +1m brings it now.', true);
  }
}

const fact = (name, ...value) => h('div', {}, h('dt', {}, name), h('dd', {}, ...value));
