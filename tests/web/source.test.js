// Files in every encoding, packed or not, give the same rows; what is no text is told in a sentence.

import assert from "node:assert/strict";
import test from "node:test";
import { gzipSync } from "node:zlib";

import { dialectOf } from "../../web/batch/cells.js";
import { Unreadable } from "../../web/batch/csv.js";
import { Source } from "../../web/batch/source.js";

const TEXT = 'größe;"a\nb"\r\né;1\r\n';
const ROWS = [["größe", "a\nb"], ["é", "1"]];
const bigEndian = (text) => Buffer.from(text, "utf16le").swap16();
const ENCODED = {
  "utf-8": Buffer.from(TEXT),
  "utf-8 with a mark": Buffer.from(`\ufeff${TEXT}`),
  "utf-16le": Buffer.from(`\ufeff${TEXT}`, "utf16le"),
  "utf-16be": bigEndian(`\ufeff${TEXT}`),
  "windows-1252": Buffer.from(TEXT, "latin1"),
};

async function rows(content, dialect = {}) {
  const source = await Source.of(new Blob([content]), dialectOf({ dialect }));
  const found = [];
  for await (const slice of source.slices()) found.push(...slice);
  return found;
}

for (const [encoding, content] of Object.entries(ENCODED)) {
  for (const [how, bytes] of [["plain", content], ["packed", gzipSync(content)]])
    test(`${encoding}, ${how}`, async () => assert.deepEqual(await rows(bytes), ROWS));
}

test("a file of many slices is read whole, and again", async () => {
  const text = `x;y\n${"é1;2\n".repeat(100_000)}`;
  for (const content of [Buffer.from(text), Buffer.from(text, "latin1"), gzipSync(Buffer.from(text))]) {
    const source = await Source.of(new Blob([content]), dialectOf({}));
    for (let again = 0; again < 2; again++) {
      let count = 0;
      for await (const slice of source.slices()) count += slice.length;
      assert.equal(count, 100_001);
    }
  }
});

test("the line that says the delimiter is none of the rows, whatever its length", async () => {
  assert.deepEqual(await rows("sep=;\nx;a,b,c\n1;2\n"), [["x", "a,b,c"], ["1", "2"]]);
});

test("spaces before quotes are left out where the dialect says so", async () => {
  const dialect = { spaces_before_quotes: true };
  assert.deepEqual(await rows('a, "b, c"\n 1,  "x, y" \n  \n', dialect), [["a", "b, c"], ["1", "x, y "], [""]]);
  assert.deepEqual(await rows('a, "b"\n'), [["a", ' "b"']]);
});

const REFUSED = [
  [Buffer.from([0x61, 0x81]), {}, /neither in UTF-8 nor in cp1252/],
  [Buffer.from([0xff, 0xfe, 0x61]), {}, /not the UTF-16 text that its first bytes announce/],
  [Buffer.from([0xef, 0xbb, 0xbf, 0xff]), {}, /not the UTF-8 text that its first bytes announce/],
  [gzipSync(Buffer.from(TEXT)).subarray(0, 25), {}, /packed by gzip, and damaged/],
  [ENCODED["windows-1252"], { encoding: "utf-8" }, /not UTF-8 text, as this model's files are/],
  [ENCODED["utf-8"], { encoding: "cp1252" }, /UTF-8 text or cp1252, as this model's files are/],
];

for (const [content, dialect, sentence] of REFUSED)
  test(`refused: ${sentence}`, async () => {
    await assert.rejects(rows(content, dialect), (error) => error instanceof Unreadable && sentence.test(error.message));
  });

test("a byte order mark goes before what the dialect says", async () => {
  assert.deepEqual(await rows(ENCODED["utf-8 with a mark"], { encoding: "cp1252", delimiter: ";" }), ROWS);
  assert.deepEqual(await rows(Buffer.from("a;b\n"), { encoding: "cp1252", delimiter: ";" }), [["a", "b"]]);
});
