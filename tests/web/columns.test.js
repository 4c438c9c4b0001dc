import assert from "node:assert/strict";
import test from "node:test";

import { dialectOf } from "../../web/batch/cells.js";
import { Sheet as SheetOf, described } from "../../web/batch/columns.js";

// Of a model whose data set nobody described.
const Sheet = class extends SheetOf {
  constructor(header, features, delimiter, dialect = dialectOf({})) {
    super(header, features, delimiter, dialect);
  }
};

const features = [
  { name: "rate", title: "Interest rate", example: 4, nullable: true, minimum: 0, maximum: 100 },
  { name: "sold", title: "Sold", example: 500 },
];

test("columns may come in any order, with others between them", () => {
  const sheet = new Sheet(["id", "sold", "rate"], features, ",");
  assert.equal(sheet.problem, "");
  assert.deepEqual(sheet.read(["x", "7", "4"]), { instance: { rate: 4, sold: 7 }, errors: [] });
});

test("a column is found by its title, in any case, with spaces around", () => {
  assert.equal(new Sheet([" interest RATE ", "SOLD"], features, ",").problem, "");
});

test("a row of empty cells, of however many, has no instance and no error", () => {
  const sheet = new Sheet(["sold", "rate"], features, ",");
  for (const cells of [["", ""], [" ", "\t"], [""], ["", "", "\u00a0"]]) assert.deepEqual(sheet.read(cells), { isEmpty: true, errors: [] });
  assert.equal(new Sheet(["sold"], features, ",").read([""]).errors.length, 1);
});

test("a file of one column is told that nothing parts it, and unnamed columns are counted", () => {
  const commas = dialectOf({ dialect: { delimiter: "," } });
  assert.equal(
    new Sheet(["rate;sold"], features, ",", commas).problem,
    "The file has no column sold. It has one column, “rate;sold”, as no commas part its cells; save it with them.",
  );
  assert.match(new Sheet(["a^b"], features, ",").problem, /as none of commas, semicolons, tabs, bars part its cells; save it with one of them\.$/);
  assert.match(new Sheet(["", "a", ""], features, ",").problem, /; it says “a”, and 2 columns have no name\.$/);
  assert.match(new Sheet(["", "a"], features, ",", commas).problem, /, with commas between them; it says “a”, and 1 column has no name\.$/);
});

test("the exact name goes before the title", () => {
  const sheet = new Sheet(["Sold", "sold"], features, ",");
  assert.equal(sheet.read(["1", "2"]).instance.sold, 2);
});

test("a missing column is named, an optional one may be absent", () => {
  assert.match(new Sheet(["rate", "what"], features, ",").problem, /no column sold\..*“rate”, “what”/);
  const sheet = new Sheet(["sold"], features, ",");
  assert.equal(sheet.problem, "");
  assert.deepEqual(sheet.absent.map(({ name }) => name), ["rate"]);
  assert.deepEqual(sheet.read(["5"]), { instance: { rate: null, sold: 5 }, errors: [] });
});

test("two columns of one name are refused", () => {
  assert.match(new Sheet(["sold", "sold"], features, ",").problem, /Two columns are called sold/);
});

test("every wrong cell of a row is told", () => {
  const { errors } = new Sheet(["rate", "sold"], features, ",").read(["101", ""]);
  assert.deepEqual(errors, [
    { column: 0, message: "rate must be at most 100." },
    { column: 1, message: "sold is missing." },
  ]);
  assert.equal(described(errors), "rate must be at most 100. sold is missing.");
});

test("a row of another length is refused as a whole", () => {
  const { errors } = new Sheet(["rate", "sold"], features, ",").read(["1"]);
  assert.deepEqual(errors, [{ column: null, message: "This row has 1 cell, the first line has 2." }]);
});

test("cells are read by the type of their feature", () => {
  const mixed = [
    { name: "district", type: "string", enum: ["Old Town", "1"], example: "1" },
    { name: "furnished", type: "boolean", nullable: true, example: true },
    { name: "agent", type: "string", default: "nobody", example: "Smith" },
  ];
  const sheet = new Sheet(["district", "furnished", "agent"], mixed, ",");
  assert.deepEqual(sheet.read(["1", "YES", "0"]).instance, { district: "1", furnished: true, agent: "0" });
  assert.deepEqual(sheet.read(["Old Town", "", ""]).instance, { district: "Old Town", furnished: null });
  assert.equal(
    described(sheet.read(["Moon", "perhaps", ""]).errors),
    "district must be one of Old Town, 1. furnished must be yes or no.",
  );
});

test("decimal commas are read where semicolons part the cells", () => {
  assert.equal(new Sheet(["rate", "sold"], features, ";").read(["4,5", "1"]).instance.rate, 4.5);
});

test("a feature may be called what every object has", () => {
  const named = ["__proto__", "constructor", "toString"].map((name) => ({ name, title: name, example: 1 }));
  const { instance, errors } = new Sheet(["constructor", "toString", "__proto__"], named, ",").read(["1", "2", "3"]);
  assert.deepEqual(errors, []);
  assert.equal(JSON.stringify(instance), '{"__proto__":3,"constructor":1,"toString":2}');
});
