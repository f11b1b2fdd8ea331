// Building and showing things. Text is only ever set as text: what a message says is anybody's.

const icons = {
  copy: 'M6 2h7a1 1 0 0 1 1 1v8M3 5h7a1 1 0 0 1 1 1v7a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1z',
  back: 'M10 3 5 8l5 5',
};

// h makes an element. Properties that begin with "on" are listeners, null and false leave an attribute out.
export function h(tag, props = {}, ...children) {
  const el = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) el.addEventListener(name.slice(2), value);
    else if (name in el && typeof value === 'boolean') el[name] = value;
    else el.setAttribute(name, value === true ? '' : value);
  }
  el.append(...children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false));
  return el;
}

export const $ = (id) => document.getElementById(id);

export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  path.setAttribute('d', icons[name]);
  svg.append(path);
  return svg;
}

// section rebuilds an element's content when its data has changed, and leaves it, with focus and selection, when it has not.
export function section(el, data, build) {
  const text = JSON.stringify(data);
  if (el.shown === text) return;
  el.shown = text;
  const focused = el.contains(document.activeElement) ? document.activeElement.dataset.focus : '';
  const open = new Map([...el.querySelectorAll('details')].map((d) => [d.dataset.key, d.open]));
  el.replaceChildren(...[build(data)].flat(Infinity).filter(Boolean));
  for (const d of el.querySelectorAll('details')) if (open.has(d.dataset.key)) d.open = open.get(d.dataset.key);
  if (focused) el.querySelector(`[data-focus="${CSS.escape(focused)}"]`)?.focus();
}

// announce has screen readers read a text.
export function announce(text) {
  $('announce').textContent = text;
}

// held reports whether the pointer or the focus is in an element: what is there must stay.
export const held = (el) => el.matches(':hover') || el.contains(document.activeElement);

let hiding = 0;

// toast shows what went wrong, or what was done, for a while.
export function toast(text, fine = false) {
  const el = $('toast');
  el.textContent = text;
  el.classList.toggle('fine', fine);
  el.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => { el.hidden = true; }, 8000);
}

// acting runs an action of a button, once at a time, and shows its error.
export async function acting(button, action) {
  if (button.getAttribute('aria-busy') === 'true') return;
  button.setAttribute('aria-busy', 'true');
  try {
    await action();
  } catch (err) {
    toast(err.message);
  } finally {
    button.removeAttribute('aria-busy');
  }
}

export function button(label, onclick, props = {}) {
  return h('button', { type: 'button', 'data-focus': label, ...props, onclick: (e) => acting(e.currentTarget, () => onclick(e)) }, label);
}

// copyText needs a fallback: the clipboard API is there on localhost and https alone, and may be forbidden.
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return;
  } catch { /* there is another way */ }
  const area = h('textarea', { class: 'sr', readonly: true });
  area.value = text;
  const focused = document.activeElement;
  document.body.append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  focused?.focus();
  if (!done) throw new Error('The browser lets nothing be copied here.');
}

export function copyButton(label, text, props = {}) {
  const name = h('span', {}, label);
  return h('button', { type: 'button', 'data-focus': label, ...props, onclick: (e) => acting(e.currentTarget, async () => {
    await copyText(text);
    name.textContent = 'Copied';
    announce('Copied');
    setTimeout(() => { name.textContent = label; }, 1500);
  }) }, icon('copy'), name);
}

// field is a labelled input.
export function field(label, input, hint, more = '') {
  return h('label', { class: `field ${more}` }, h('span', {}, label), input, hint ? h('small', {}, hint) : null);
}

// formOf is a form whose button runs an action with what was entered.
export function formOf(label, action, ...fields) {
  const submit = h('button', { type: 'submit' }, label);
  return h('form', { class: 'small-form', onsubmit: (e) => { e.preventDefault(); acting(submit, action); } }, fields, submit);
}

// confirmed asks before something is lost, and returns whether a person agreed. Esc and Cancel do not.
export function confirmed(question, content, label) {
  const before = document.activeElement?.dataset.focus;
  return new Promise((done) => {
    let agreed = false;
    const dialog = h('dialog', { 'aria-labelledby': 'question', onclose: () => {
      dialog.remove();
      if (before) document.querySelector(`[data-focus="${CSS.escape(before)}"]`)?.focus();
      done(agreed);
    } },
    h('h2', { id: 'question' }, question), content,
    h('p', { class: 'actions' },
      h('button', { type: 'button', class: 'danger', onclick: () => { agreed = true; dialog.close(); } }, label),
      h('button', { type: 'button', autofocus: 'true', onclick: () => dialog.close() }, 'Cancel')));
    document.body.append(dialog);
    dialog.showModal();
  });
}

const clockFormat = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
const dateFormat = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const fullFormat = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

export const clockTime = (ms) => clockFormat.format(ms);
export const fullTime = (ms) => fullFormat.format(ms);

// shortTime is the time of day for today, with the date before it for another day.
export function shortTime(text, now) {
  const at = new Date(text);
  const today = at.toDateString() === new Date(now).toDateString();
  return today ? clockFormat.format(at) : `${dateFormat.format(at)}, ${clockFormat.format(at).slice(0, 5)}`;
}

export function timeOf(text, now) {
  return h('time', { datetime: text, title: fullTime(new Date(text)) }, shortTime(text, now));
}

// span formats a length of time: 4:05, 1:02:03, 2d 1:02:03.
export function span(seconds) {
  const s = Math.max(0, Math.round(seconds));
  const two = (n) => String(n).padStart(2, '0');
  const days = Math.floor(s / 86400), hours = Math.floor(s / 3600) % 24, minutes = Math.floor(s / 60) % 60;
  if (days > 0) return `${days}d ${hours}:${two(minutes)}:${two(s % 60)}`;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(s % 60)}` : `${minutes}:${two(s % 60)}`;
}
