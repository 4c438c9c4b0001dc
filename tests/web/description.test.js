import assert from "node:assert/strict";
import test from "node:test";

import { Description } from "../../web/reference/description.js";
import { command } from "../../web/snippets/snippets.js";

const described = (prediction, instance) =>
  // As it comes: names that every object has are members like others.
  JSON.parse(`{
    "paths": {"/models/flat/predict": {"post": {
      "summary": "Flat", "description": "A flat.",
      "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/schemas/Request"}}}},
      "responses": {
        "200": {"content": {"application/json": {"schema": {"$ref": "#/schemas/Answer"}}}},
        "404": {"$ref": "#/refusals/404"}}}}},
    "refusals": {"404": {"description": "There is no such model."}},
    "schemas": {
      "Request": {"properties": {"instances": {"items": ${instance}}}, "examples": [{"instances": [{}]}]},
      "Answer": {"properties": {"predictions": {"items": ${prediction}}}, "examples": []}}}`);

test("names that every object has are features and targets like others", () => {
  const members = `{"type": "object", "properties": {"__proto__": {"type": "number"}, "constructor": {"type": "string"}}, "required": ["__proto__"]}`;
  const model = new Description(described(members, members)).of("flat");
  const rows = [
    ["__proto__", "number", "", ""],
    ["constructor", "string", "may be left out", ""],
  ];
  assert.deepEqual([model.features, model.predictions], [rows, rows]);
  assert.deepEqual(model.refusals, [["404", "There is no such model."]]);
  assert.equal(model.answer, "");
});

test("limits and units are said, and none that no value meets", () => {
  const member = `{"type": ["integer", "null"], "title": "Area", "description": "Inside.", "x-unit": "m²", "minimum": 0, "maximum": ${2 ** 53}, "default": 3}`;
  const model = new Description(described(member, `{"type": "object", "properties": {"a": ${member}}, "required": ["a"]}`)).of("flat");
  assert.deepEqual(model.features, [["a", "integer or null (m²)", "at least 0, 3 if left out", "Area: Inside."]]);
  assert.equal(model.predictions[0][0], "prediction");
});

test("what does not serve is described by nothing", () => {
  const nothing = new Description({ paths: {} });
  assert.equal(nothing.of("flat"), null);
  assert.equal(nothing.of("__proto__"), null);
});

test("a command shows every letter that a terminal would obey", () => {
  assert.ok(command("/", '"\u009b31m"').includes('"\\u009b31m"'));
});
