// A template is written as the model's files are: no cell begins a formula, and its row reads as the examples.

import assert from "node:assert/strict";
import test from "node:test";

import { dialectOf } from "../../web/batch/cells.js";
import { Sheet } from "../../web/batch/columns.js";
import { Source } from "../../web/batch/source.js";
import { template } from "../../web/batch/template.js";

const features = [
  { name: "=größe", title: "Size", type: "number", example: -1234.5 },
  { name: "town", title: "Town", type: "string", example: "=1+1" },
  { name: "kind", title: "Kind", type: "string", enum: ["@a", "'b"], example: "@a" },
  { name: "open", title: "Open", type: "boolean", example: true },
];
const DIALECTS = [
  {},
  { delimiter: ";", decimal: ",", thousands: ".", names: "spaced", trim: "all", signs: { "=größe": "€" } },
  { delimiter: "\t", decimal: ",", names: "spaced", trim: "all", encoding: "cp1252" },
  { delimiter: ",", decimal: ".", names: "pandas", trim: "none", missing: ["NA"], missing_in_texts: true },
];

for (const dialect of DIALECTS) {
  test(`a template in ${JSON.stringify(dialect)}`, async () => {
    const signature = { features, dialect };
    const file = template(signature);
    const source = await Source.of(file, dialectOf(signature));
    const rows = [];
    for await (const slice of source.slices()) rows.push(...slice);
    for (const cell of rows.flat()) if (!/^-\d/.test(cell)) assert.doesNotMatch(cell, /^[=+\-@\t\r]/);
    const sheet = new Sheet(rows[0], features, source.layout.delimiter, source.dialect);
    assert.equal(sheet.problem, "");
    const town = dialect.trim !== "all" ? "'=1+1" : "=1+1";
    assert.deepEqual(sheet.read(rows[1]), { instance: { "=größe": -1234.5, town, kind: "@a", open: true }, errors: [] });
  });
}
