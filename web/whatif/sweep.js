// The values of a feature along its training range and the current value.

import { decimals } from "../rounding.js";

const STEPS = 60;

export function sweep(feature, { minimum, maximum }, current) {
  const here = typeof current === "number" && Number.isFinite(current) ? [current] : [];
  // The feature's own limits hold, too.
  const from = Math.max(Math.min(minimum, ...here), feature.minimum ?? -Infinity);
  const to = Math.min(Math.max(maximum, ...here), feature.maximum ?? Infinity);
  // Rounded, an end could lie outside.
  const within = (value) => Math.min(Math.max(decimals(value), from), to);
  const values = Array.from({ length: STEPS + 1 }, (_, step) => within(from + ((to - from) * step) / STEPS));
  const wanted = feature.type === "integer" ? values.map(Math.round) : values;
  return [...new Set([...wanted, ...here])].sort((one, other) => one - other);
}

// Only numbers have a range.
export const canSweep = (seen) => seen !== undefined && seen.maximum > seen.minimum;
