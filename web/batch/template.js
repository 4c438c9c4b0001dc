// A file to start from: the names of the columns, and one example row.

import { written } from "./csv.js";

const LAYOUT = { delimiter: ",", newline: "\r\n" };

export function template({ features }) {
  const lines = [features.map(({ name }) => name), features.map(({ example }) => String(example))];
  return new Blob(lines.map((cells) => written(cells, LAYOUT)), { type: "text/csv;charset=utf-8" });
}
