// Codes in messages.

// codeIn finds the code that a message carries: what otp/send sent, or in a text of an app's own the one group of 4 to 10 digits, if it
// speaks of a code. Null if there is none.
export function codeIn(m) {
  if (m.campaign_id === null) {
    const sent = m.message.match(/^(\d{4,10}) is your verification code\./);
    if (sent) return { digits: sent[1], own: true };
  }
  if (!/\b(code|otp|pin|passcode|password)\b/i.test(m.message)) return null;
  const groups = m.message.match(/(?<![\d+.,])\d{4,10}(?![\d]|[.,]\d)/g);
  return groups?.length === 1 ? { digits: groups[0], own: false } : null;
}

// curl writes a call that can be pasted into a shell.
export function curl(method, url, token, body) {
  const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const lines = [`curl${method === 'GET' || (body && method === 'POST') ? '' : ` -X ${method}`} ${quote(url)}`, `-H ${quote(`Authorization: Bearer ${token}`)}`];
  if (body) lines.push(`-H 'Content-Type: application/json'`, `-d ${quote(body)}`);
  return lines.join(' \\\n  ');
}
