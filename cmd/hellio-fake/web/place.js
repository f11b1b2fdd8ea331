// The URL names the whole view: world, view, search, what is chosen, what is cleared.

export const views = {
  inbox: 'Inbox', requests: 'Requests', account: 'Account', webhooks: 'Webhooks', faults: 'Faults', ussd: 'USSD', worlds: 'Worlds',
};

// The parameters of each view besides world and view.
const owned = {
  inbox: ['to', 'contains', 'channel', 'after', 'id'], requests: ['op', 'status', 'violation', 'fault', 'contains', 'follow', 'after', 'id'],
  account: [], webhooks: ['id'], faults: [], ussd: [], worlds: ['contains'],
};

const number = (text) => (/^[1-9]\d{0,14}$/.test(text) ? Number(text) : 0);

// read returns the place that a query names. What it can't be is left out.
export function read(text) {
  const query = new URLSearchParams(text), view = Object.hasOwn(views, query.get('view') ?? '') ? query.get('view') : 'inbox';
  const place = { world: number(query.get('world')) || 1, view, id: number(query.get('id')), after: number(query.get('after')), params: {} };
  for (const name of owned[view]) if (name !== 'id' && name !== 'after') place.params[name] = query.get(name) ?? '';
  return place;
}

// format returns the URL of a place.
export function format({ world, view, id, after, params }) {
  const query = new URLSearchParams(), names = owned[view];
  if (world > 1) query.set('world', world);
  if (view !== 'inbox') query.set('view', view);
  for (const name of names) if (params[name]) query.set(name, params[name]);
  if (after) query.set('after', after);
  if (id && names.includes('id')) query.set('id', id);
  const text = query.toString();
  return text ? `/?${text}` : '/';
}

// moved returns a place with changes. Another view or world begins without a search and a choice.
export function moved(place, { world, view, id, after, ...params }) {
  const other = (world !== undefined && world !== place.world) || (view !== undefined && view !== place.view);
  return {
    world: world ?? place.world, view: view ?? place.view, id: id ?? (other ? 0 : place.id),
    after: after ?? (world !== undefined && world !== place.world ? 0 : place.after), params: other ? params : { ...place.params, ...params },
  };
}
