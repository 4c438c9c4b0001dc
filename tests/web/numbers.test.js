import assert from "node:assert/strict";
import test from "node:test";

import { track } from "../../web/ask/slider_range.js";
import { brief, quantity } from "../../web/format.js";
import { roundStep, ticks } from "../../web/rounding.js";
import { Scale } from "../../web/whatif/scale.js";
import { sweep } from "../../web/whatif/sweep.js";

for (const [width, step] of [[1, 1], [1.1, 2], [3, 5], [7, 10], [0.03, 0.05], [450, 500], [0.1, 0.1]]) {
  test(`the round step for ${width} is ${step}`, () => assert.equal(roundStep(width), step));
}

test("ticks are round and within", () => {
  assert.deepEqual(ticks(-0.3, 1.1, 5), [0, 0.5, 1].map(Number));
  assert.deepEqual(ticks(0, 0.3, 3), [0, 0.1, 0.2, 0.3]);
});

test("a slider runs over the range seen, in round steps", () => {
  assert.deepEqual(track({}, { minimum: 32263, maximum: 105702 }), { step: 500, minimum: 32000, maximum: 106000 });
  assert.deepEqual(track({ type: "integer" }, { minimum: 1, maximum: 6 }), { step: 1, minimum: 1, maximum: 6 });
  assert.equal(track({}, { minimum: 3, maximum: 3 }), null);
  assert.equal(track({}, undefined), null);
});

test("a sweep runs over the range seen and the current value, within the feature's limits", () => {
  const values = sweep({ minimum: 0, maximum: 100 }, { minimum: 2, maximum: 9 }, 33.25);
  assert.equal(values[0], 2);
  assert.equal(values.at(-1), 33.25);
  assert.deepEqual(sweep({ type: "integer" }, { minimum: 1, maximum: 4 }, 2), [1, 2, 3, 4]);
  assert.equal(sweep({ minimum: 0, maximum: 100 }, { minimum: 2, maximum: 9 }, null).at(-1), 9);
  assert.equal(sweep({ maximum: 5 }, { minimum: 2, maximum: 9 }, 3).at(-1), 5);
  // Of more digits than are kept.
  const long = { minimum: 0.1234567890124, maximum: 0.9876543210986 };
  const ends = sweep({}, long, null);
  assert.deepEqual([ends[0], ends.at(-1)], [long.minimum, long.maximum]);
});

test("a scale maps there and back, also where a curve is flat", () => {
  const scale = new Scale(10, 20, 100, 300);
  assert.equal(scale.at(15), 200);
  assert.equal(scale.invert(200), 15);
  assert.ok(Number.isFinite(Scale.padded(0, 0, 0, 1).at(0)));
});

test("numbers carry their unit", () => {
  const spaces = (text) => text.replaceAll("\u00a0", " ");
  assert.match(quantity(1258319.4, "USD"), /^\$1,258,319$/);
  assert.match(quantity(-12.5, "USD"), /^-\$12\.50?$/);
  assert.equal(spaces(quantity(143.30725, "units")), "143.31 units");
  assert.equal(quantity(0.000123456), "0.000123");
  assert.equal(brief(1_500_000, "USD"), "$1.5M");
  assert.equal(brief(40_000, "people"), "40K");
});
