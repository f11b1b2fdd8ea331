// The last call that was refused or that violated, above all else, with the button that fixes the world.

import { $, announce, button, copyButton, h, held, section, timeOf } from './dom.js';
import { call } from './api.js';
import { sentence, violations } from './exchange.js';
import { plus } from './money.js';

export class Refused {
  #el = $('refused');
  #app;
  #now = null; // the last call that the program reports
  #shown = null;
  #dismissed = 0;
  #done = null; // what the fix has done

  constructor(app) {
    this.#app = app;
    for (const name of ['pointerleave', 'focusout']) this.#el.addEventListener(name, () => setTimeout(() => this.#draw()));
  }

  set(refused) {
    this.#now = refused;
    this.#draw();
  }

  // forget is for another world.
  forget() {
    this.#dismissed = 0;
    this.#now = this.#shown = this.#done = null;
    this.#draw(true);
  }

  // draw shows the newest. While the pointer or the focus is here, the call stays, or a click would fix another one.
  #draw(force = false) {
    const next = this.#now?.id === this.#dismissed ? null : this.#now;
    const stays = !force && this.#shown && this.#shown.id !== next?.id && held(this.#el);
    if (!stays && this.#shown?.id !== next?.id) {
      this.#shown = next;
      this.#done = null;
    }
    const newer = stays && next !== null;
    section(this.#el, [this.#shown?.id, newer, this.#done], () => (this.#shown ? this.#banner(this.#shown, newer) : []));
  }

  #banner(c, newer) {
    const title = c.status >= 400 ? `${c.status} ${c.error || 'refused'}` : 'violation';
    const fix = fixOf(c, this.#app);
    const act = (work) => async () => {
      const done = await work();
      if (!done) return;
      this.#done = done;
      announce(done.text);
      this.#draw();
      this.#app.changed();
    };
    return h('div', { class: 'refused-box' },
      h('p', { class: 'refused-head' }, h('b', { class: 'code' }, title), h('span', {}, c.op || `${c.method} ${c.path}`), timeOf(c.at, this.#app.now())),
      h('p', { class: 'sentence' }, sentence(c)),
      c.violations.length ? violations(c.violations) : null,
      c.fault ? h('p', {}, `The fault ${c.fault} made this answer.`) : null,
      this.#done ? h('p', { class: 'done' }, this.#done.text, this.#done.token ? [' ', h('code', {}, this.#done.token), copyButton('Copy token', this.#done.token, { class: 'small' })] : null) : null,
      h('p', { class: 'actions' },
        fix && !this.#done ? button(fix.label, fix.work ? act(fix.work) : fix.open, { class: 'primary', 'data-focus': 'fix' }) : null,
        button('Show the call', () => this.#app.go({ view: 'requests', id: c.id })),
        button('Dismiss', () => { this.#dismissed = c.id; this.#draw(true); }),
        newer ? button('Newer ↑', () => this.#draw(true)) : null));
  }
}

const member = (c, name) => {
  try {
    const value = JSON.parse(c.request_body)?.[name];
    return typeof value === 'string' ? value.trim() : '';
  } catch {
    return '';
  }
};

const patch = (change) => call('PATCH', '/_fake/account', change);

async function approve(sender) {
  const { senders } = await call('GET', '/_fake/account');
  if (!senders.includes(sender)) await patch({ senders: [...senders, sender] });
  return { text: `${sender} is approved. Make the call again.` };
}

async function topUp(name) {
  const account = await call('GET', '/_fake/account');
  const now = await patch({ [name]: plus(account[name], '100') });
  return { text: `The balance is ${now[name]} now. Make the call again.` };
}

// nextWindow moves the clock to the end of the window that is used up.
async function nextWindow(app) {
  const { account, tokens, otp } = await call('GET', '/inbox/account');
  const full = [account.rate_limit ? tokens.map((t) => t.window) : [], account.otp_limit ? otp : []].flat().filter((w) => w.ends && w.left === 0);
  const end = Math.max(...full.map((w) => Date.parse(w.ends)), app.now() + (full.length ? 0 : 60_000)); // a log-in's window is not shown
  await call('POST', '/_fake/clock/advance', { duration: `${Math.max(1, Math.ceil((end - app.now()) / 1000) + 1)}s` });
  return { text: 'The clock is in the next window. Make the call again.' };
}

async function issue(scope) {
  const { token } = await call('POST', '/_fake/tokens', { scopes: scope ? [scope] : ['*'] });
  return { text: scope ? `A token with the scope ${scope}:` : 'A token with every scope:', token };
}

// fixOf returns what makes the same call succeed; null if the caller has to change.
function fixOf(c, app) {
  if (c.fault) return { label: 'Show the faults', open: () => app.go({ view: 'faults' }) };
  const sender = member(c, 'sender');
  switch (c.error) {
    case 'sender_not_approved': return sender ? { label: `Approve the sender ${sender}`, work: () => approve(sender) } : { label: 'Show the senders', open: () => app.go({ view: 'account' }) };
    case 'insufficient_balance': return { label: 'Add 100 to the balance', work: () => topUp('balance') };
    case 'insufficient_ussd_balance': return { label: 'Add 100 to the USSD balance', work: () => topUp('ussd_balance') };
    case 'throttled': return { label: 'Move the clock to the next window', work: () => nextWindow(app) };
    case 'ip_not_allowed': return { label: 'Remove the IP list', work: async () => { await patch({ allowed_ips: [] }); return { text: 'Every address is allowed. Make the call again.' }; } };
    case 'spend_limit_exceeded': return { label: 'Remove the spend limit', work: async () => { await patch({ spend_limit: null }); return { text: 'There is no spend limit. Make the call again.' }; } };
    case 'insufficient_scope': return { label: `Issue a token with the scope ${c.scope}`, work: () => issue(c.scope) };
    case 'unauthenticated': return { label: 'Issue a token', work: () => issue('') };
    case 'invalid_credentials': return { label: 'Add a log-in', open: () => app.go({ view: 'account' }) };
    case 'unknown_app': return { label: 'Make an app', open: () => app.go({ view: 'ussd' }) };
  }
  if (c.op === 'otp_verify' && c.status === 422 && member(c, 'mobile_number')) return { label: 'Show the code', open: () => app.go({ view: 'inbox', to: member(c, 'mobile_number') }) };
  return null;
}
