// The search box: name:value for what the list can be narrowed by, bare words for flags, the rest is text. "…" holds spaces.

// A grammar has names, which take a value, and flags, which take none.
export const messages = { names: ['to', 'channel'], flags: [] };
export const calls = { names: ['op', 'status'], flags: ['violation', 'fault'] };

export function parse(text, { names, flags }) {
  const found = { contains: '' };
  for (const name of [...names, ...flags]) found[name] = '';
  const words = [];
  for (const [word, name, quoted, bare] of text.matchAll(/(?:([a-z]+):)?(?:"([^"]*)"?|(\S+))/g)) {
    const value = quoted ?? bare;
    if (names.includes(name)) found[name] = value;
    else if (name === 'contains') words.push(value);
    else if (flags.includes(word)) found[word] = '1';
    else words.push(name ? word : value);
  }
  const unfinished = [...names, 'contains'].map((name) => `${name}:`); // what is being typed is no search yet
  found.contains = words.filter((w) => w && !unfinished.includes(w)).join(' ');
  return found;
}

// format is the text that parse would read so.
export function format(params, { names, flags }) {
  const quoted = (text) => (/[\s"]/.test(text) ? `"${text.replaceAll('"', '')}"` : text);
  const parts = names.filter((name) => params[name]).map((name) => `${name}:${quoted(params[name])}`);
  parts.push(...flags.filter((name) => params[name]));
  if (params.contains) {
    const words = params.contains.split(' ');
    const special = words.some((w) => w === '' || flags.includes(w) || [...names, 'contains'].some((name) => w.startsWith(`${name}:`)));
    parts.push(special || /["\n\t]/.test(params.contains) ? `contains:${quoted(params.contains)}` : params.contains);
  }
  return parts.join(' ');
}
