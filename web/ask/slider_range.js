// The stretch a slider runs over: the range seen in training, widened to round numbers, in steps of a round number.

import { decimals, roundStep } from "../rounding.js";

const STEPS = 200;

// Null where a slider makes no sense: nothing seen, or always the same.
export function track(feature, statistics) {
  if (!statistics || !(statistics.maximum > statistics.minimum)) return null;
  const width = roundStep((statistics.maximum - statistics.minimum) / STEPS);
  const step = feature.type === "integer" ? Math.max(1, Math.round(width)) : width;
  const [first, last] = [Math.floor(statistics.minimum / step), Math.ceil(statistics.maximum / step)];
  return { step, minimum: decimals(first * step), maximum: decimals(last * step) };
}
