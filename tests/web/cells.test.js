// One table of cases, in tests/cells.json, holds this reader of cells and Python's, which tests/unit asks the same.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { cellOf, dialectOf, fromCell, namesOf, readerOf } from "../../web/batch/cells.js";
import { startOf } from "../../web/batch/csv.js";

const cases = JSON.parse(readFileSync(new URL("../cells.json", import.meta.url), "utf-8"));

for (const given of cases.cells) {
  test(`a cell: ${JSON.stringify(given)}`, () => {
    const feature = { type: given.kind, enum: given.choices };
    const value = readerOf(feature, dialectOf(given), given.delimiter ?? ",", given.sign)(given.cell);
    assert.deepEqual(value, given.unreadable ? NaN : given.value);
  });
}

for (const { names, header, is } of cases.names) {
  test(`names: ${names} ${JSON.stringify(header)}`, () => assert.deepEqual(namesOf(header, dialectOf({ dialect: { names } })), is));
}

for (const given of cases.starts) {
  test(`a text: ${JSON.stringify(given)}`, () => {
    const start = () => startOf(given.text, dialectOf(given));
    if (given.delimiter === null) return assert.throws(start, /part/);
    const { delimiter, said } = start();
    assert.deepEqual({ delimiter, said }, { delimiter: given.delimiter, said: given.said });
  });
}

test("a cell that begins no formula gives its text again", () => {
  for (const text of ["", "a", "'a", "=1", "'=1", "''-1", "+", "@x", "\tx", "\rx"]) {
    assert.equal(fromCell(cellOf(text)), text);
    assert.doesNotMatch(cellOf(text), /^[=+\-@\t\r]/);
  }
});
