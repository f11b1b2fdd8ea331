// Deliveries to webhooks, with their attempts.

import { button, h, timeOf } from './dom.js';
import { call } from './api.js';
import { headerLines, pretty } from './exchange.js';

// deliveryCard shows a delivery. act wraps an action of a button with what is said then.
export function deliveryCard(d, now, act) {
  const replay = (label, effect, done, title) => button(label, act(() => call('POST', `/_fake/deliveries/${encodeURIComponent(d.id)}/replay`, effect ? { effect } : {}), done), { 'data-focus': `${d.id} ${label}`, title });
  return h('div', { class: 'delivery' },
    h('p', { class: 'delivery-head' }, h('span', { class: 'chip', 'data-status': d.status }, d.status), h('code', {}, d.event), h('span', { class: 'muted url' }, d.url)),
    h('ol', { class: 'attempts' }, d.attempts.map((a) => attempt(a, now))),
    d.attempts.length === 0 ? h('p', { class: 'muted' }, 'Not tried yet.') : null,
    h('p', { class: 'actions' },
      replay('Replay', '', 'Replayed', 'Sends the same bytes again with a new signature'),
      replay('Duplicate', 'webhook_duplicate', 'Sent twice', 'The same post twice, as a receiver must be ready for'),
      replay('Break signature', 'webhook_bad_signature', 'Sent with wrong signatures', 'Both signatures wrong: the receiver must refuse it')),
    h('details', { 'data-key': d.id }, h('summary', {}, 'Body and headers'),
      h('pre', { tabindex: '0', 'aria-label': 'Body' }, pretty(d.body)), d.attempts.length ? h('pre', { tabindex: '0', 'aria-label': 'Headers' }, headerLines(d.attempts.at(-1).headers)) : null));
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
