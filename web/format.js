// Numbers as people of the reader's language write them, with their unit.

const CURRENCY = /^[A-Z]{3}$/;

// "$1,258,319", "143.31 units": no more digits than anybody can use.
export function quantity(number, unit) {
  return withUnit(number, unit, digits(number));
}

// "$1.3M", "36K people", for where there is little room.
export function brief(number, unit) {
  return withUnit(number, CURRENCY.test(unit) ? unit : undefined, { notation: "compact", maximumSignificantDigits: 4 });
}

export function plain(number) {
  return number.toLocaleString(undefined, digits(number));
}

// A share as people say it: "87.3%".
export const percent = (share) => share.toLocaleString(undefined, { style: "percent", maximumFractionDigits: 1 });

export function moment(iso) {
  return new Date(iso).toLocaleString(undefined, { dateStyle: "long", timeStyle: "short" });
}

function withUnit(number, unit, options) {
  if (!CURRENCY.test(unit)) return `${number.toLocaleString(undefined, options)}${unit ? `\u00a0${unit}` : ""}`;
  const whole = Number.isInteger(number) || options.maximumFractionDigits === 0 ? { minimumFractionDigits: 0 } : {};
  return number.toLocaleString(undefined, { ...options, ...whole, style: "currency", currency: unit });
}

function digits(number) {
  const size = Math.abs(number);
  if (size >= 1000) return { maximumFractionDigits: 0 };
  return size >= 1 || size === 0 ? { maximumFractionDigits: 2 } : { maximumSignificantDigits: 3 };
}
