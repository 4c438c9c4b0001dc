// The file as it was, with a column for the predictions and, where rows have none, one that says why.

import { written } from "./csv.js";

const BYTE_ORDER_MARK = "\ufeff";
const NOT_REACHED = "Not predicted: cancelled before this row.";

export async function result(source, { predictions, errors }, isWhole) {
  const parts = source.isMarked ? [BYTE_ORDER_MARK] : [];
  const withErrors = errors.size > 0 || !isWhole;
  let header;
  let row = 0;
  for await (const slice of source.slices()) {
    const lines = slice.map((cells) => {
      header ??= cells;
      const added = cells === header ? names(header, withErrors) : answer(row++, withErrors);
      return written(beside(cells, added, header.length), source.layout);
    });
    // A blob of its own for each slice lets the browser keep them elsewhere than in memory.
    parts.push(new Blob([lines.join("")]));
  }
  return new Blob(parts, { type: "text/csv;charset=utf-8" });

  function answer(number, hasErrors) {
    const prediction = predictions.get(number);
    const text = prediction === undefined ? "" : inert(prediction);
    if (!hasErrors) return [text];
    return [text, prediction === undefined ? inert(errors.get(number) ?? NOT_REACHED) : ""];
  }
}

// A row that is too short or too long keeps every cell, and the added ones stay in their columns.
function beside(cells, added, width) {
  const padding = Array(Math.max(0, width - cells.length)).fill("");
  return [...cells.slice(0, width), ...padding, ...added, ...cells.slice(width)];
}

function names(header, withErrors) {
  const taken = new Set(header.map((name) => name.trim()));
  return (withErrors ? ["prediction", "error"] : ["prediction"]).map((name) => free(name, taken));
}

function free(name, taken) {
  let number = 1;
  const candidate = () => (number === 1 ? name : `${name}_${number}`);
  while (taken.has(candidate())) number += 1;
  return candidate();
}

// What this page adds is a number, or a text that no spreadsheet takes for a formula.
function inert(value) {
  if (typeof value === "number") return String(value);
  return /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
}
