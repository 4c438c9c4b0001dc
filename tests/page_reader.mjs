// Reads files as the page's batch does: a line of JSON each, {content, signature}, becomes a line with its instances.

import { createInterface } from "node:readline";

import { dialectOf } from "../web/batch/cells.js";
import { Sheet } from "../web/batch/columns.js";
import { Source } from "../web/batch/source.js";

for await (const line of createInterface({ input: process.stdin })) {
  const { content, signature } = JSON.parse(line);
  const rows = [];
  try {
    const source = await Source.of(new Blob([Buffer.from(content, "base64")]), dialectOf(signature));
    for await (const slice of source.slices()) rows.push(...slice);
    const [header, ...others] = rows;
    const sheet = new Sheet(header, signature.features, source.layout.delimiter, source.dialect);
    const read = others.map((cells) => sheet.read(cells));
    console.log(JSON.stringify({ problem: sheet.problem, instances: read.map(({ instance }) => instance), errors: read.flatMap(({ errors }) => errors) }));
  } catch (error) {
    console.log(JSON.stringify({ problem: error.message, instances: [], errors: [] }));
  }
}
