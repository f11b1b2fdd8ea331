// Calls of the program, in the world that is chosen. The token goes in a header, never in a URL.

let token = '';

export const setToken = (text) => { token = text; };
export const getToken = () => token;

export class APIError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

let reached = () => {}, failures = 0;

// onReach sets what hears whether the program answered a call of its own. A call of /v1 may be cut off by a fault.
export const onReach = (heard) => { reached = heard; };

// call returns the decoded answer, null for an empty one.
export const call = (method, path, body) => callAs(token, method, path, body);

// callAs is call in another world.
export async function callAs(token, method, path, body) {
  const headers = { Accept: 'application/json' };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  const before = failures;
  let resp, text;
  try {
    resp = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
    text = await resp.text();
  } catch {
    if (!path.startsWith('/v1/')) {
      failures++;
      reached(false);
    }
    throw new APIError(0, 'No answer: the program is not there, or a fault closed the connection.');
  }
  if (failures === before) reached(true); // else a later call may know more
  let data = null;
  try {
    data = text ? JSON.parse(text) : null;
  } catch {
    throw new APIError(resp.status, `${resp.status}: the answer is not JSON.`);
  }
  if (!resp.ok) throw new APIError(resp.status, data?.message ?? data?.error ?? `It answered ${resp.status}.`);
  return data;
}

const silence = 40_000; // the program is heard of every 15 s
const firstWait = 500, longestWait = 2000;

// listen reads the stream of events until signal ends it: EventSource can't send a token. It takes the stream up again where it broke
// off, at growing intervals.
export async function listen(signal, onEvent, onState) {
  let last = '', wait = firstWait;
  while (!signal.aborted) {
    onState('connecting');
    try {
      await read(signal, last, (id, data) => { last = id; onEvent(data); }, () => { wait = firstWait; onState('live'); });
    } catch (err) {
      if (signal.aborted) return;
      if (err.status === 401) { onState('gone'); return; }
    }
    if (signal.aborted) return;
    onState('lost');
    await new Promise((done) => setTimeout(done, wait * (0.75 + Math.random() / 2)));
    wait = Math.min(2 * wait, longestWait);
  }
}

async function read(signal, last, onEvent, onOpen) {
  const stop = new AbortController();
  const end = () => stop.abort();
  signal.addEventListener('abort', end);
  let watch = setTimeout(end, silence);
  try {
    const headers = { Authorization: `Bearer ${token}`, Accept: 'text/event-stream' };
    if (last) headers['Last-Event-ID'] = last;
    const resp = await fetch('/_fake/events', { headers, signal: stop.signal });
    if (!resp.ok) throw new APIError(resp.status, 'no stream');
    onOpen();
    const reader = resp.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let rest = ''; ;) {
      const { value, done } = await reader.read();
      if (done) return;
      clearTimeout(watch);
      watch = setTimeout(end, silence);
      const blocks = (rest + value).split('\n\n');
      rest = blocks.pop();
      for (const block of blocks) parse(block, onEvent);
    }
  } finally {
    clearTimeout(watch);
    signal.removeEventListener('abort', end);
  }
}

function parse(block, onEvent) {
  let id = '', data = '';
  for (const line of block.split('\n')) {
    if (line.startsWith('id: ')) id = line.slice(4);
    if (line.startsWith('data: ')) data = line.slice(6);
  }
  if (data) onEvent(id, JSON.parse(data));
}
