// Codes in messages.

const currencies = new Set(Intl.supportedValuesOf('currency'));

// What holds digits that are no code: a URL, a number after "+", a date, a number in parts such as 0302 123 456, an amount.
const others = [
  /[a-z][a-z0-9+.-]*:\/\/\S+|\bwww\.\S+|[\p{L}\p{Nd}-]+(?:\.[\p{L}\p{Nd}-]+)+\/\S*/giu,
  /\+\s?\p{Nd}[\p{Nd}\s().-]*/gu,
  /\p{Nd}{1,4}([-/.])\p{Nd}{1,2}\1\p{Nd}{1,4}/gu,
  /\p{Nd}{1,2}(?:st|nd|rd|th|\.)?(?:\s+(?:de|of))?\s+\p{L}+\.?,?(?:\s+(?:de|of))?\s+\p{Nd}{4}(?!\p{Nd})|\p{L}+\.?\s+\p{Nd}{1,2}(?:st|nd|rd|th)?,\s*\p{Nd}{4}(?!\p{Nd})/giu,
  /\p{Nd}{4}年|\p{Nd}+(?:[ \u00a0\u202f-]\p{Nd}{2,})+/gu,
  /\p{Nd}+(?:[.,٫٬'’]\p{Nd}+)+/gu,
  /\p{Sc}\s?\p{Nd}+|\p{Nd}+\s?\p{Sc}/gu,
  /(?<![A-Z])[A-Z]{3}\s?\p{Nd}+/gu, /\p{Nd}+\s?[A-Z]{3}(?![A-Z])/gu,
];

// isOther leaves a group next to three capitals alone unless they are a currency.
const isOther = (text) => {
  const capitals = text.match(/^[A-Z]{3}(?=\s?\p{Nd}+$)|(?<=^\p{Nd}+\s?)[A-Z]{3}$/u);
  return !capitals || currencies.has(capitals[0]);
};

// ascii writes digits of any script as 0 to 9. Each script has its ten in a row.
function ascii(digits) {
  const isDigit = (point) => /\p{Nd}/u.test(String.fromCodePoint(point));
  return [...digits].map((digit) => {
    let first = digit.codePointAt(0);
    while (isDigit(first - 1)) first--;
    return (digit.codePointAt(0) - first) % 10;
  }).join('');
}

// codeIn finds the code that a message carries: what otp/send sent, or in another text the only group of 4 to 10 digits, in any script and
// language. Null if there is none.
export function codeIn(m) {
  if (m.campaign_id === null) {
    const sent = m.message.match(/^(\d{4,10}) is your verification code\./);
    if (sent) return { digits: sent[1], own: true };
  }
  let text = m.message;
  for (const other of others) text = text.replaceAll(other, (found) => (isOther(found) ? ' / ' : found));
  const groups = text.match(/(?<![\p{Nd}\p{Script=Latin}_#№])\p{Nd}{4,10}(?![\p{Nd}\p{Script=Latin}_%])/gu);
  return groups?.length === 1 ? { digits: ascii(groups[0]), own: false } : null;
}
