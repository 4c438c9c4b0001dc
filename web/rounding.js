// Round numbers: for the steps of a slider and the ticks of an axis.

// The smallest of 1, 2, 5, 10, 20, ... (or their tenths, hundredths, ...) that is not below `width`.
export function roundStep(width) {
  const power = 10 ** Math.floor(Math.log10(width));
  return decimals([1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= width * 0.999));
}

// Round numbers from `minimum` to `maximum`, about `count` of them.
export function ticks(minimum, maximum, count) {
  const step = roundStep((maximum - minimum) / count);
  const first = Math.ceil(minimum / step - 1e-9);
  const last = Math.floor(maximum / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, position) => decimals((first + position) * step));
}

// Sums of binary fractions are written without their last digits: 0.1 + 0.2 is 0.3 here.
export const decimals = (number) => Number(number.toPrecision(12));
