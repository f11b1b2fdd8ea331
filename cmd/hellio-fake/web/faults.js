// Faults: what is in force, and a form to add one.

import { $, announce, button, field, h, section, toast } from './dom.js';
import { call } from './api.js';

const calls = [
  'any', 'sms_send', 'otp_send', 'otp_verify', 'message_list', 'message_get', 'campaign_list', 'campaign_get', 'voice_send', 'voice_get',
  'lookup_create', 'lookup_list', 'lookup_get', 'email_verify', 'balance_get', 'pricing_get', 'webhook_list', 'webhook_create', 'webhook_delete',
  'ussd_pricing', 'ussd_availability', 'ussd_app_list', 'ussd_app_create', 'ussd_app_update', 'ussd_app_delete', 'ussd_app_mode',
  'ussd_app_rotate_secret', 'ussd_extension_list', 'ussd_extension_create', 'ussd_extension_delete', 'ussd_session_list', 'ussd_session_get',
  'ussd_simulate', 'auth_token',
];

// effects by what they act on: name, what it does, what it takes.
const effects = {
  call: [
    ['status', 'answer an error', ['code', 'error']], ['rate_limited', 'answer 429', ['retry_after']], ['delay', 'wait before it is handled', ['duration']],
    ['lose_request', 'close before it has any effect', []], ['lose_reply', 'take effect, then close without an answer', []],
    ['truncate_body', 'cut the answer off', ['bytes']], ['not_json', 'answer HTML', []], ['reset', 'break the connection', []],
    ['carrier_fail', 'accept, and fail later', []],
  ],
  webhook: [
    ['webhook_lose', 'do not send the attempt', []], ['webhook_duplicate', 'post it twice', []], ['webhook_reorder', 'hold it until the next has gone', []],
    ['webhook_bad_signature', 'sign it wrongly', []], ['webhook_delay', 'send it later', ['duration']],
  ],
};

const details = {
  code: ['Status', 'number', '503'], error: ['Error code', 'text', 'service_unavailable'], retry_after: ['Retry after', 'text', '30s'],
  duration: ['Duration', 'text', '5s'], bytes: ['Bytes', 'number', '20'],
};

const presets = [
  ['Lose the reply of the next send', { op: 'sms_send', nth: 1, effect: 'lose_reply' }],
  ['429 for the next two calls', { op: 'any', times: 2, effect: 'rate_limited', retry_after: '30s' }],
  ['503 once', { op: 'any', nth: 1, effect: 'status', code: 503, error: 'service_unavailable' }],
  ['Fail the next SMS at the carrier', { op: 'sms_send', nth: 1, effect: 'carrier_fail' }],
  ['Break the next webhook signature', { op: 'webhook', nth: 1, effect: 'webhook_bad_signature' }],
];

export class Faults {
  #last = Promise.resolve();
  #list = h('div', { class: 'rules' });
  #form = null;

  // draw builds the page once.
  draw() {
    if (this.#form) return;
    this.#form = this.#makeForm();
    $('faults').append(
      h('h2', {}, 'Faults'),
      h('p', { class: 'lead' }, 'A fault acts on exactly the calls that it names, and counts them. Adding or removing one restarts all counts.'),
      h('p', { class: 'presets' }, presets.map(([label, rule]) => button(label, () => this.#add(rule)))), // above what grows, or the second click would miss
      this.#list,
      h('h3', {}, 'Add a fault'),
      this.#form);
    this.refresh();
  }

  forget() { section(this.#list, null, () => []); }

  async refresh() {
    try {
      this.#show(await call('GET', '/_fake/faults'));
    } catch { /* the next one may get through */ }
  }

  #show(rules) {
    const badge = $('fault-count');
    badge.hidden = rules.length === 0;
    badge.textContent = rules.length;
    badge.setAttribute('aria-label', `${rules.length} in force`);
    section(this.#list, rules, () => this.#table(rules));
  }

  #table(rules) {
    if (rules.length === 0) return h('p', { class: 'quiet' }, 'No fault is in force: every call is answered as the API would.');
    const rows = rules.map((rule, i) => h('tr', {},
      h('td', {}, h('code', {}, rule.op), rule.to ? h('span', { class: 'muted' }, ` to ${rule.to}`) : null),
      h('td', {}, when(rule)), h('td', {}, h('code', {}, rule.effect), h('span', { class: 'muted' }, takes(rule))),
      h('td', { class: 'hits' }, String(rule.hits)),
      h('td', {}, button('Remove', () => this.#change((now) => now.toSpliced(i, 1), 'Removed'), { 'aria-label': `Remove fault ${i + 1}`, 'data-focus': `remove ${i}` }))));
    return [
      h('div', { class: 'table-wrap' }, h('table', {}, h('thead', {}, h('tr', {}, ['Calls', 'When', 'Effect', 'Hits'].map((name) => h('th', { scope: 'col' }, name)), h('td'))), h('tbody', {}, rows))),
      h('p', { class: 'actions' }, button('Clear all', async () => { await call('DELETE', '/_fake/faults'); this.#show([]); announce('No fault is in force'); })),
    ];
  }

  #add(rule) { return this.#change((rules) => [...rules, rule], 'Added'); }

  // change puts other rules in place of those in force, one change after the other.
  #change(made, done) {
    this.#last = this.#last.catch(() => {}).then(async () => {
      const rules = made(await call('GET', '/_fake/faults'));
      this.#show(await call('PUT', '/_fake/faults', rules.map(({ hits, ...rule }) => rule)));
      announce(done);
    });
    return this.#last;
  }

  #makeForm() {
    const select = (id, options) => h('select', { id }, options.map((o) => h('option', { value: o[0] ?? o }, o[1] ?? o)));
    const op = h('select', { id: 'fault-op' }, h('optgroup', { label: 'Calls' }, calls.map((c) => h('option', {}, c))), h('optgroup', { label: 'Deliveries' }, h('option', {}, 'webhook')));
    const counted = select('fault-when', [['nth', 'only call number'], ['times', 'the next … calls'], ['always', 'always']]);
    const count = h('input', { id: 'fault-count-input', type: 'number', min: '1', value: '1', inputmode: 'numeric' });
    const to = h('input', { id: 'fault-to', type: 'text', placeholder: 'any', autocomplete: 'off' });
    const effect = h('select', { id: 'fault-effect' });
    const extra = h('div', { class: 'extra' });
    const chosen = () => effects[op.value === 'webhook' ? 'webhook' : 'call'].find(([name]) => name === effect.value);
    const fillExtra = () => extra.replaceChildren(...chosen()[2].map((name) => field(details[name][0], h('input', { type: details[name][1], name, value: details[name][2], required: name !== 'error' }))));
    const fillEffects = () => {
      effect.replaceChildren(...effects[op.value === 'webhook' ? 'webhook' : 'call'].map(([name, does]) => h('option', { value: name }, `${name}: ${does}`)));
      fillExtra();
    };
    op.addEventListener('change', fillEffects);
    effect.addEventListener('change', fillExtra);
    counted.addEventListener('change', () => { count.disabled = counted.value === 'always'; });
    fillEffects();
    const submit = async (e) => {
      e.preventDefault();
      const rule = { op: op.value, effect: effect.value, [counted.value]: counted.value === 'always' ? true : Number(count.value) };
      if (to.value.trim()) rule.to = to.value.trim();
      for (const input of extra.querySelectorAll('input')) if (input.value !== '') rule[input.name] = input.type === 'number' ? Number(input.value) : input.value;
      try {
        await this.#add(rule);
      } catch (err) {
        toast(err.message);
      }
    };
    return h('form', { class: 'fault-form', onsubmit: submit },
      field('Calls of', op), field('When', counted), field('Number', count), field('To', to, 'A phone number or e-mail address'), field('Effect', effect, '', 'wide'), extra,
      h('button', { type: 'submit', class: 'primary' }, 'Add fault'));
  }
}

const when = (rule) => (rule.always ? 'always' : rule.nth ? `call number ${rule.nth}` : `the next ${rule.times}`);

function takes(rule) {
  return Object.keys(details).filter((name) => rule[name] !== undefined).map((name) => ` ${rule[name]}`).join('');
}
