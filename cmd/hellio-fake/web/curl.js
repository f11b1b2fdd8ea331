// Calls as commands for a shell.

import { copyButton, h } from './dom.js';
import { getToken } from './api.js';

const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;

// curl writes a call that can be pasted into a shell. Without a token, it takes that of the environment. A body is data, also one that begins
// with @.
export function curl(method, url, token, body) {
  const plain = method === 'GET' || (body && method === 'POST') ? '' : ` -X ${quote(method)}`;
  const literal = /[[\]{}]/.test(url) ? ' -g' : '';
  const lines = [`curl${literal}${plain} ${quote(url)}`, token ? `-H ${quote(`Authorization: Bearer ${token}`)}` : '-H "Authorization: Bearer $HELLIO_API_TOKEN"'];
  if (body) lines.push(`-H 'Content-Type: application/json'`, `--data-raw ${quote(body)}`);
  return lines.join(' \\\n  ');
}

// copyCurl are the buttons that copy a call, without its Idempotency-Key, so that it sends again.
export function copyCurl(call) {
  if (call.request_size > new TextEncoder().encode(call.request_body).length) return h('p', { class: 'muted' }, 'The program kept only the beginning of the body, so there is no curl command.');
  const url = location.origin + call.path + (call.query ? `?${call.query}` : '');
  const command = (token) => curl(call.method, url, token, call.request_body);
  const title = 'Without its Idempotency-Key, so that it sends again';
  return h('p', { class: 'actions' }, copyButton('Copy as curl', command(''), { title: `${title}. Set HELLIO_API_TOKEN first.` }), copyButton('Copy with the token', command(getToken()), { title }));
}
