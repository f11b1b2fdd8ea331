// What was called and answered.

import { h } from './dom.js';
import { copyCurl } from './curl.js';

// violations are the sentences about what no correct client sends.
export function violations(texts) {
  if (texts.length === 0) return [];
  return h('div', { class: 'violations' }, h('b', {}, 'No correct client sends this'), texts.map((text) => h('p', {}, text)));
}

// exchange is a call with its answer.
export function exchange(call) {
  const size = (whole, text) => (whole > text.length ? h('p', { class: 'muted' }, `The program kept the beginning of ${whole.toLocaleString()} bytes.`) : null);
  const block = (label, text) => (text ? h('pre', { tabindex: '0', 'aria-label': label }, text) : null);
  return [
    copyCurl(call),
    call.fault ? h('p', { class: 'muted fault-note' }, `The fault ${call.fault} acted on it; this is the answer that the API gave.`) : null,
    h('details', { 'data-key': 'request', open: true }, h('summary', {}, h('code', {}, `${call.method} ${call.path}`)),
      block('Request headers', headerLines(call.headers)), block('Query', call.query && [...new URLSearchParams(call.query)].map(([name, value]) => `${name} = ${value}`).join('\n')),
      block('Request body', pretty(call.request_body)), size(call.request_size, call.request_body)),
    h('details', { 'data-key': 'response', open: true }, h('summary', {}, h('code', {}, `${call.status || 'no answer'}`)),
      block('Response body', pretty(call.response_body)), size(call.response_size, call.response_body)),
  ];
}

export const headerLines = (headers) => Object.keys(headers).sort().map((name) => `${name}: ${headers[name]}`).join('\n');

const mostShown = 10_000; // characters of a body: ten thousand recipients are no reading

export function pretty(text) {
  let shown = text;
  try {
    shown = JSON.stringify(JSON.parse(text), null, 2);
  } catch { /* as it is */ }
  return shown.length > mostShown ? `${shown.slice(0, mostShown)}\n… and ${(shown.length - mostShown).toLocaleString()} more characters` : shown;
}

// sentence is what the API says in an answer.
export function sentence(call) {
  let answer = null;
  try {
    answer = JSON.parse(call.response_body);
  } catch { /* a fault may have sent HTML */ }
  const text = (value) => (typeof value === 'string' && value ? value : null);
  const said = text(answer?.message) ?? text(answer?.data?.message) ?? text(answer?.error);
  if (call.status < 400) return 'The API answered as if all was well.';
  return said ?? (answer?.data?.verified === false ? 'The code was not accepted.' : `It answered ${call.status}.`);
}
