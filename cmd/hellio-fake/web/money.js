// Amounts are texts with up to four decimals: no float touches them.

const units = (text) => {
  const [, sign, whole, part = ''] = text.trim().match(/^(-?)(\d+)(?:\.(\d{1,4}))?$/) ?? [];
  if (whole === undefined) throw new Error(`“${text}” is no amount such as 100 or 0.0310.`);
  return BigInt(`${sign}${whole}${part.padEnd(4, '0')}`);
};

// plus adds two amounts.
export function plus(a, b) {
  const sum = String(units(a) + units(b)).padStart(5, '0');
  return `${sum.slice(0, -4)}.${sum.slice(-4)}`;
}
