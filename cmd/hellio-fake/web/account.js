// The account: money, senders, limits, people and tokens. All of it changes without a restart.

import { $, announce, button, copyButton, field, formOf, h, section, timeOf } from './dom.js';
import { call } from './api.js';
import { plus } from './money.js';

const scopes = ['sms:send', 'otp', 'voice', 'lookup', 'email:verify', 'reports', 'balance', 'webhooks', 'ussd'];

export class Account {
  #app;
  #parts = null;
  #data = null;

  constructor(app) { this.#app = app; }

  // draw builds the page once: what is typed into a form stays.
  draw() {
    if (this.#parts) { this.refresh(); return; }
    const part = (name) => h('div', { class: `account-${name}` });
    const parts = this.#parts = Object.fromEntries(['money', 'senders', 'limits', 'people', 'tokens'].map((name) => [name, part(name)]));
    const card = (title, ...more) => h('section', { class: 'card' }, h('h3', {}, title), ...more);
    $('account').append(
      h('h2', {}, 'Account'),
      h('p', { class: 'lead' }, 'What a person would set in the dashboard. A change acts on the next call.'),
      h('div', { class: 'cards' },
        card('Money', parts.money, this.#topUpForm()),
        card('Senders', parts.senders, this.#senderForm()),
        card('Limits', parts.limits, this.#limitForm()),
        card('People who can log in', parts.people, this.#loginForm()),
        card('Tokens', parts.tokens, this.#tokenForm())));
    this.refresh();
  }

  forget() {
    this.#data = null;
    if (this.#parts) for (const part of Object.values(this.#parts)) section(part, null, () => []);
  }

  async refresh() {
    if (!this.#parts) return;
    try {
      this.#data = await call('GET', '/inbox/account');
    } catch {
      return; // the next one may get through
    }
    const d = this.#data, { account } = d, parts = this.#parts;
    section(parts.money, d.wallet, () => facts([['Balance', d.wallet.balance], ['Reserved', d.wallet.reserved], ['Available', d.wallet.available], ['USSD balance', account.ussd_balance]], d.wallet.currency));
    section(parts.senders, account.senders, (all) => this.#senders(all));
    section(parts.limits, [account, d.spent, d.otp, d.tokens[0].window], () => this.#limits(d));
    section(parts.people, d.people, people);
    section(parts.tokens, [d.tokens, d.issued, account.rate_limit], () => this.#tokens(d));
  }

  async #patch(change, done) {
    await call('PATCH', '/_fake/account', change);
    announce(done);
    await this.refresh();
    this.#app.changed();
  }

  #topUpForm() {
    const amount = h('input', { id: 'topup', type: 'text', inputmode: 'decimal', value: '100', required: true });
    const purse = h('select', { id: 'purse' }, h('option', { value: 'balance' }, 'Balance'), h('option', { value: 'ussd_balance' }, 'USSD balance'));
    return formOf('Top up', async () => {
      const name = purse.value;
      await this.#patch({ [name]: plus(this.#data.account[name], amount.value) }, 'Topped up');
    }, field('Amount', amount), field('To', purse));
  }

  #senders(all) {
    if (all.length === 0) return h('p', { class: 'quiet' }, 'No sender is approved: each send is refused.');
    const reject = (name) => this.#patch({ senders: this.#data.account.senders.filter((other) => other !== name) }, `${name} is rejected`);
    return h('ul', { class: 'plain' }, all.map((name) => h('li', {}, h('b', {}, name), h('span', { class: 'muted' }, 'approved'), button('Reject', () => reject(name), { class: 'small', 'aria-label': `Reject ${name}`, 'data-focus': `reject ${name}` }))));
  }

  #senderForm() {
    const name = h('input', { id: 'sender', type: 'text', required: true, maxlength: '11', autocomplete: 'off' });
    return formOf('Approve', async () => {
      const sender = name.value.trim(), { senders } = this.#data.account;
      if (!senders.includes(sender)) await this.#patch({ senders: [...senders, sender] }, `${sender} is approved`);
      name.value = '';
    }, field('New sender', name, 'Up to 11 characters'));
  }

  #limits({ account, spent, spent_until: until, otp, tokens }) {
    const now = this.#app.now();
    const left = (limit, w) => (limit === 0 ? 'no limit' : [`${w.left} of ${limit} left`, w.ends ? [' until ', timeOf(w.ends, now)] : ' (no window is running)']);
    const row = (name, ...value) => h('div', {}, h('dt', {}, name), h('dd', {}, ...value));
    const cap = account.spend_limit, { allowed_ips: ips } = account;
    return h('dl', { class: 'stack' },
      row('Calls per minute, of the world’s own token', left(account.rate_limit, tokens[0].window)),
      row('Codes per minute and address', account.otp_limit === 0 ? 'no limit' : otp.length === 0 ? `${account.otp_limit} of ${account.otp_limit} left` : otp.map((w) => h('p', {}, h('code', {}, w.address), ' ', left(account.otp_limit, w)))),
      row('Spend limit', cap ? [`${spent} of ${cap.amount} spent, ${cap.period}, until `, timeOf(until, now), ' ', button('Remove', () => this.#patch({ spend_limit: null }, 'There is no spend limit'), { class: 'small', 'aria-label': 'Remove the spend limit', 'data-focus': 'no cap' })]
        : `none (${spent} spent today)`),
      row('IP list', ips.length ? [h('code', {}, ips.join(', ')), ' ', button('Remove', () => this.#patch({ allowed_ips: [] }, 'Every address is allowed'), { class: 'small', 'aria-label': 'Remove the IP list', 'data-focus': 'no list' })] : 'every address is allowed'));
  }

  #limitForm() {
    const kinds = [['rate_limit', 'Calls per minute'], ['otp_limit', 'Codes per minute'], ['daily', 'Spend per day'], ['monthly', 'Spend per month'], ['allowed_ips', 'IP list']];
    const kind = h('select', { id: 'limit-kind' }, kinds.map(([value, label]) => h('option', { value }, label)));
    const value = h('input', { id: 'limit-value', type: 'text', required: true, autocomplete: 'off' });
    return formOf('Set', async () => {
      const text = value.value.trim();
      const changes = {
        rate_limit: () => ({ rate_limit: whole(text) }), otp_limit: () => ({ otp_limit: whole(text) }), allowed_ips: () => ({ allowed_ips: text.split(/[\s,]+/) }),
        daily: () => ({ spend_limit: { period: 'daily', amount: text } }), monthly: () => ({ spend_limit: { period: 'monthly', amount: text } }),
      };
      await this.#patch(changes[kind.value](), 'Set');
    }, field('Limit', kind), field('Value', value, 'A number (0 is none), an amount, or addresses'));
  }

  #loginForm() {
    const input = (id, type) => h('input', { id, type, required: true, autocomplete: 'off' });
    const email = input('login-email', 'email'), password = input('login-password', 'text'), name = input('login-name', 'text');
    return formOf('Add a log-in', () => this.#patch({ login: { email: email.value, password: password.value, name: name.value } }, `${email.value} can log in`),
      field('E-mail', email), field('Password', password, 'Made up: it is shown and kept as text'), field('Name', name));
  }

  #tokens({ tokens, issued, account }) {
    const rows = tokens.map((t) => h('tr', {},
      h('td', {}, h('code', {}, short(t.token)), t.own ? h('span', { class: 'muted' }, ' the world’s own') : null, t.revoked ? h('b', { class: 'bad' }, ' revoked') : null),
      h('td', {}, t.revoked ? '–' : t.scopes.join(' ') || 'none'), h('td', {}, t.revoked || account.rate_limit === 0 ? '–' : String(t.window.left)),
      h('td', {}, h('span', { class: 'row-actions' }, copyButton('Copy', t.token, { class: 'small', 'aria-label': `Copy token ${short(t.token)}`, 'data-focus': `copy ${t.token}` }),
        t.revoked ? null : button('Revoke', () => this.#revoke(t.token), { class: 'small', 'aria-label': `Revoke token ${short(t.token)}`, 'data-focus': `revoke ${t.token}` })))));
    return [
      h('div', { class: 'table-wrap', tabindex: '0', role: 'group', 'aria-label': 'Tokens' }, h('table', {}, h('thead', {}, h('tr', {}, ['Token', 'Scopes', 'Calls left'].map((name) => h('th', { scope: 'col' }, name)), h('td'))), h('tbody', {}, rows))),
      issued > tokens.length - 1 ? h('p', { class: 'muted' }, `The newest ${tokens.length - 1} of ${issued.toLocaleString()} issued ones.`) : null,
    ];
  }

  async #revoke(token) {
    await call('DELETE', `/_fake/tokens/${encodeURIComponent(token)}`);
    announce('Revoked');
    await this.refresh();
  }

  #tokenForm() {
    const boxes = ['*', ...scopes].map((scope) => h('input', { type: 'checkbox', value: scope }));
    boxes[0].checked = true;
    const form = formOf('Issue a token', async () => {
      await call('POST', '/_fake/tokens', { scopes: boxes.filter((b) => b.checked).map((b) => b.value) });
      announce('Issued');
      await this.refresh();
    }, h('fieldset', { class: 'boxes' }, h('legend', {}, 'Scopes'), boxes.map((b) => h('label', {}, b, b.value === '*' ? 'every one' : b.value))));
    return form;
  }
}

const short = (token) => (token.length > 20 ? `${token.slice(0, 10)}…${token.slice(-4)}` : token);

const facts = (list, unit) => h('dl', {}, list.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value, h('small', {}, ` ${unit}`)))));

function whole(text) {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`“${text}” is no whole number from 0.`);
  return Number(text);
}

function people(all) {
  if (all.length === 0) return h('p', { class: 'muted' }, 'No one: POST /v1/auth/token refuses every e-mail.');
  const notes = (p) => [p.two_factor && 'two-factor code', !p.verified && 'e-mail not verified', p.locked && 'locked'].filter(Boolean).join(', ');
  return h('ul', { class: 'plain' }, all.map((p) => h('li', {}, h('b', {}, p.email), h('span', { class: 'muted' }, p.name), notes(p) ? h('span', { class: 'tag' }, notes(p)) : null)));
}
