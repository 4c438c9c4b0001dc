import assert from "node:assert/strict";
import test from "node:test";

import { asSentence, broken, valueOf, whenEmpty } from "../../web/feature.js";

const number = { name: "income", example: 4, minimum: 0, maximum: 10 };
const optional = { name: "rate", example: 4, nullable: true, when_missing: "counts as the average, 368" };
const filled = { name: "floors", type: "integer", example: 2, default: 1 };
const choice = { name: "colour", enum: ["red", 7], example: "red" };

for (const [feature, text, value] of [
  [number, "4", 4],
  [number, " 4.5 ", 4.5],
  [number, "-1e3", -1000],
  [number, ".5", 0.5],
  [number, "", undefined],
  [number, "abc", NaN],
  [number, "1,5", NaN],
  [number, "1,234.5", NaN],
  [number, "0x10", NaN],
  [number, "Infinity", NaN],
  [number, "1e999", NaN],
  [optional, "  ", null],
  [filled, "", undefined],
  [choice, "red", "red"],
  [choice, "7", 7],
  [choice, "blue", "blue"],
]) {
  test(`${JSON.stringify(text)} for ${feature.name} is ${value}`, () => assert.ok(Object.is(valueOf(feature, text), value)));
}

test("a decimal comma is one only where it parts no cells", () => {
  assert.equal(valueOf(number, "1,5", ","), 1.5);
  assert.equal(valueOf(number, "1.5", ","), 1.5);
  assert.ok(Number.isNaN(valueOf(number, "1.234,5", ",")));
});

for (const [feature, value, message] of [
  [number, 4, ""],
  [number, undefined, "is missing"],
  [number, NaN, "must be a number, written like 4"],
  [number, -1, "must be at least 0"],
  [number, 11, "must be at most 10"],
  [optional, null, ""],
  [filled, undefined, ""],
  [filled, 1.5, "must be a whole number"],
  [choice, "blue", "must be one of red, 7"],
  [choice, 7, ""],
]) {
  test(`${value} for ${feature.name}: ${message || "fine"}`, () => assert.equal(broken(feature, value), message));
}

test("a message becomes a sentence without the name that its label says", () => {
  assert.equal(asSentence("income must be at least 0.", "income"), "Must be at least 0.");
  assert.equal(asSentence("is missing"), "Is missing.");
});

test("says what an empty field counts as", () => {
  assert.equal(whenEmpty(optional), "Left empty, it counts as the average, 368.");
  assert.equal(whenEmpty(filled), "Left empty, it counts as 1.");
  assert.equal(whenEmpty({ nullable: true }), "Left empty, it is passed on as missing.");
  assert.equal(whenEmpty(number), "");
});
