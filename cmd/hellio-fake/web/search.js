// The search box speaks the control API's parameters: to:…, channel:…, contains:…; what is left is contains too. "…" holds spaces.

export const parameters = ['to', 'contains', 'channel'];

export function parse(text) {
  const found = { to: '', contains: '', channel: '' };
  const words = [];
  for (const [word, name, quoted, bare] of text.matchAll(/(?:(to|channel|contains):)?(?:"([^"]*)"?|(\S+))/g)) {
    const value = quoted ?? bare;
    if (!name) words.push(value ?? word);
    else if (name === 'contains') words.push(value);
    else found[name] = value;
  }
  found.contains = words.filter((w) => w && !/^(to|channel|contains):$/.test(w)).join(' '); // what is being typed is no search yet
  return found;
}

// format is the text that parse would read so.
export function format(params) {
  const quoted = (text) => (/[\s"]/.test(text) ? `"${text.replaceAll('"', '')}"` : text);
  const parts = [];
  if (params.to) parts.push(`to:${quoted(params.to)}`);
  if (params.channel) parts.push(`channel:${quoted(params.channel)}`);
  if (params.contains) {
    const plain = !/["\n]|\s\s|^\s|\s$|(^|\s)(to|channel|contains):/.test(params.contains);
    parts.push(plain ? params.contains : `contains:${quoted(params.contains)}`);
  }
  return parts.join(' ');
}
