import assert from "node:assert/strict";
import test from "node:test";

import { asSentence, broken, valueOf, whenEmpty } from "../../web/feature.js";

const number = { name: "income", example: 4, minimum: 0, maximum: 10 };
const optional = { name: "rate", example: 4, nullable: true, when_missing: "counts as the average, 368" };
const filled = { name: "floors", type: "integer", example: 2, default: 1 };
const choice = { name: "colour", type: "string", enum: ["red", "7"], example: "red" };
const agent = { name: "agent", type: "string", nullable: true, example: "Smith" };
const furnished = { name: "furnished", type: "boolean", example: true };

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
  [choice, " 7 ", "7"],
  [choice, "blue", "blue"],
  [choice, "", undefined],
  [agent, " Smith, 7 ", " Smith, 7 "],
  [agent, "NaN", "NaN"],
  [agent, " ", null],
  [furnished, "true", true],
  [furnished, " Yes ", true],
  [furnished, "1", true],
  [furnished, "FALSE", false],
  [furnished, "no", false],
  [furnished, "0", false],
  [furnished, "", undefined],
  [furnished, "maybe", NaN],
  [furnished, "2", NaN],
  [furnished, "constructor", NaN],
]) {
  test(`${JSON.stringify(text)} for ${feature.name} is ${value}`, () => assert.ok(Object.is(valueOf(feature, text), value)));
}

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
  [choice, "7", ""],
  [furnished, NaN, "must be yes or no"],
  [furnished, false, ""],
  [agent, null, ""],
  [agent, "🥒".repeat(1000), ""],
]) {
  test(`${value} for ${feature.name}: ${message || "fine"}`, () => assert.equal(broken(feature, value), message));
}

test("a text has its limit, and a long list is told by its beginning", () => {
  assert.equal(broken(agent, "x".repeat(1001)), "must have at most 1000 characters");
  const many = { ...choice, enum: Array.from({ length: 900 }, (_, number) => String(number)) };
  assert.match(broken(many, "blue"), /^must be one of 0, 1, 2, .{270,300}…$/);
});

test("a message becomes a sentence without the name that its label says", () => {
  assert.equal(asSentence("income must be at least 0.", "income"), "Must be at least 0.");
  assert.equal(asSentence("is missing"), "Enter a value.");
});

test("says what an empty field counts as", () => {
  assert.equal(whenEmpty(optional), "Left empty: counts as the average, 368.");
  assert.equal(whenEmpty(filled), "Left empty: counts as 1.");
  assert.equal(whenEmpty({ default: false }), "Left empty: counts as no.");
  assert.equal(whenEmpty({ nullable: true, type: "boolean" }), "Unknown: treated as missing.");
  assert.equal(whenEmpty({ nullable: true }), "Left empty: treated as missing.");
  assert.equal(whenEmpty(number), "");
});
