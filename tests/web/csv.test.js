import assert from "node:assert/strict";
import test from "node:test";

import { CsvReader, UnclosedQuote, sniff, written } from "../../web/batch/csv.js";

const read = (text, delimiter = ",", size = text.length || 1) => {
  const reader = new CsvReader(delimiter);
  const rows = [];
  for (let at = 0; at < text.length; at += size) rows.push(...reader.push(text.slice(at, at + size)));
  return [...rows, ...reader.end()];
};

const cases = {
  "plain cells": ["a,b\n1,2\n", [["a", "b"], ["1", "2"]]],
  "no line end after the last row": ["a,b\n1,2", [["a", "b"], ["1", "2"]]],
  "CRLF": ["a,b\r\n1,2\r\n", [["a", "b"], ["1", "2"]]],
  "CR alone, as of old": ["a,b\r1,2\r", [["a", "b"], ["1", "2"]]],
  "a delimiter in quotes": ['"a,b",c\n', [["a,b", "c"]]],
  "doubled quotes": ['"say ""hi""",c\n', [['say "hi"', "c"]]],
  "a line break in quotes": ['"a\r\nb",c\n', [["a\r\nb", "c"]]],
  "an empty cell in quotes": ['"",c\n', [["", "c"]]],
  "nothing but an empty cell in quotes": ['""\n', [[""]]],
  "four quotes": ['""""\n', [['"']]],
  "a quote within a plain cell": ['6" pipe,c\n', [['6" pipe', "c"]]],
  "text after a closing quote": ['"a"b,c\n', [["ab", "c"]]],
  "empty cells": [",,\n", [["", "", ""]]],
  "an empty last cell": ["a,\n", [["a", ""]]],
  "an empty last cell without a line end": ["a,", [["a", ""]]],
  "empty lines": ["a,b\n\n1,2\n\n\r\n", [["a", "b"], ["1", "2"]]],
  "spaces, which belong to the cell": [" a , b \n", [[" a ", " b "]]],
  "ragged rows": ["a,b\n1\n1,2,3\n", [["a", "b"], ["1"], ["1", "2", "3"]]],
  "signs beyond the basic plane": ["🥒,b\n", [["🥒", "b"]]],
  "nothing": ["", []],
};

for (const [name, [text, rows]] of Object.entries(cases)) {
  test(`reads ${name}`, () => assert.deepEqual(read(text), rows));
  test(`reads ${name}, sign by sign`, () => assert.deepEqual(read(text, ",", 1), rows));
}

test("reads other delimiters", () => {
  assert.deepEqual(read("a;b,c\n", ";"), [["a", "b,c"]]);
  assert.deepEqual(read("a\tb\n", "\t"), [["a", "b"]]);
});

test("tells of a quote that is never closed", () => {
  assert.throws(() => read('a,"b\n1,2\n'), UnclosedQuote);
});

for (const [text, delimiter, newline] of [
  ["a,b\n", ",", "\n"],
  ["a;b\r\n", ";", "\r\n"],
  ["a\tb\n", "\t", "\n"],
  ['"a,b,c";d\r\n', ";", "\r\n"],
  ["a", ",", "\n"],
  ['"two\r\nlines";b\n', ";", "\n"],
]) {
  test(`sniffs ${JSON.stringify(text)}`, () => assert.deepEqual(sniff(text), { delimiter, newline }));
}

test("writes what it reads, whatever is in it", () => {
  const cells = ["plain", 'a "quote"', "a;b", "a,b", "two\r\nlines", "", " space ", "=1+1"];
  for (const delimiter of [",", ";", "\t"]) {
    assert.deepEqual(read(written(cells, { delimiter, newline: "\r\n" }), delimiter), [cells]);
  }
});
