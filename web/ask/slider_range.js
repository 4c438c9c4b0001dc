// A slider's range: the training range, widened to round numbers and steps.

import { decimals, roundStep } from "../rounding.js";

const STEPS = 200;

// Null without a range: nothing seen, or one value.
export function track(feature, statistics) {
  if (!statistics || !(statistics.maximum > statistics.minimum)) return null;
  const width = roundStep((statistics.maximum - statistics.minimum) / STEPS);
  const step = feature.type === "integer" ? Math.max(1, Math.round(width)) : width;
  const [first, last] = [Math.floor(statistics.minimum / step), Math.ceil(statistics.maximum / step)];
  return { step, minimum: decimals(first * step), maximum: decimals(last * step) };
}
