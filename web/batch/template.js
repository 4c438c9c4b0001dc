// A file to start from: the names of the columns, and one example row, as the model's files are written.

import { cellOf, dialectOf } from "./cells.js";
import { written } from "./csv.js";

// By which every program knows the encoding, whatever the model's files are.
const BYTE_ORDER_MARK = "\ufeff";

export function template(signature) {
  const dialect = dialectOf(signature);
  const layout = { delimiter: dialect.delimiter ?? ",", newline: "\r\n" };
  const examples = signature.features.map(({ example }) => cellOf(example, dialect));
  const text = [signature.features.map(({ name }) => cellOf(name)), examples].map((cells) => written(cells, layout)).join("");
  const isAscii = /^[\x00-\x7f]*$/.test(text);
  return new Blob([isAscii ? text : BYTE_ORDER_MARK + text], { type: "text/csv;charset=utf-8" });
}
