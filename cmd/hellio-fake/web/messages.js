// The inbox: messages as they come.

import { $, button, copyButton, h, shortTime } from './dom.js';
import { call, getToken } from './api.js';
import { codeIn } from './code.js';
import { curl } from './curl.js';
import { Desk } from './desk.js';
import { Detail } from './detail.js';
import * as search from './search.js';

export const inboxDesk = (app) => new Desk(app, {
  root: $('inbox'), view: 'inbox', prefix: '', row: 'm', things: 'Messages', names: ['message', 'messages'], hint: 'Message', grammar: search.messages,
  placeholder: 'to:+23320… channel:sms text', path: '/inbox/messages', height: 68, open: (m) => m.status === 'queued' || m.status === 'sent',
  makePane: (el, onBack) => new Detail(el, app, onBack), makeRow: (m) => messageRow(m, app.now()), empty: () => firstUse(app),
});

function messageRow(m, now) {
  const code = codeIn(m);
  return [
    h('span', { class: 'dot', 'data-status': m.status, title: m.status }, h('span', { class: 'sr' }, `${m.status}: `)),
    h('span', { class: 'row-to' }, m.mobile_number),
    h('time', { class: 'row-time', datetime: m.created_at }, shortTime(m.created_at, now)),
    h('span', { class: 'row-text' }, m.violates ? h('b', { class: 'violates' }, 'violation') : null, m.sender ? h('b', {}, m.sender) : null, h('bdi', {}, m.message.slice(0, 160))),
    code ? h('span', { class: 'row-code' }, code.digits) : h('span', { class: 'row-channel' }, m.channel),
  ];
}

// firstUse explains an empty inbox.
function firstUse(app) {
  const body = { mobile_number: '+233209990001', sender: 'HELLIO' };
  const base = `${location.origin}/v1`;
  const command = curl('POST', `${base}/otp/send`, getToken(), JSON.stringify(body));
  const setting = (name, value, hint) => h('div', {}, h('dt', {}, name), h('dd', {}, h('code', {}, value), copyButton(`Copy ${hint}`, value, { class: 'small' })));
  return [
    h('h2', {}, 'No message yet'),
    h('p', { class: 'lead' }, 'This program stands in for the Hellio API. What your app sends appears here and reaches no phone.'),
    h('ol', { class: 'first' },
      h('li', {}, h('b', {}, 'Point your app here'), h('dl', {}, setting('HELLIO_BASE_URL', base, 'URL'), setting('HELLIO_API_TOKEN', getToken(), 'token'))),
      h('li', {}, h('b', {}, 'Send something'), ' with your app, here, or from a shell:',
        h('p', { class: 'actions' }, button('Send it from here', async () => {
          const { senders } = await call('GET', '/_fake/account');
          await call('POST', '/v1/otp/send', { ...body, sender: senders[0] ?? body.sender });
        }, { class: 'primary' }), copyButton('Copy command', command)),
        h('pre', { tabindex: '0', 'aria-label': 'Command' }, command)),
      h('li', {}, h('b', {}, 'Read the code here'), ' and copy it with one key: ', h('kbd', {}, 'c'))),
    h('p', { class: 'muted' }, app.kept() ? `A world keeps its newest ${app.kept().toLocaleString()} messages: the oldest leave first.` : 'A world keeps every message.'),
  ];
}
