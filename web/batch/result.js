// The file as it was, with a column for the prediction of each target, one for the probability of each class or for the
// score, where there are any, and, where rows have no prediction, one that says why.

import { isScore } from "../api.js";
import { own } from "../own.js";
import { cellOf, isEmpty } from "./cells.js";
import { written } from "./csv.js";

const BYTE_ORDER_MARK = "\ufeff";
const NOT_REACHED = "Not predicted: cancelled before this row.";

export async function result(source, { predictions, errors }, isWhole, { target = {}, further_targets: others = [], outputs = [] } = {}) {
  const classes = outputs.includes("predict_proba") ? target.classes : [];
  const scores = isScore(outputs) ? ["score"] : [];
  const several = others.length ? [target, ...others].map(({ name }) => name) : [];
  const parts = source.isMarked ? [BYTE_ORDER_MARK] : [];
  const withErrors = errors.size > 0 || !isWhole;
  let header;
  let row = 0;
  for await (const slice of source.slices()) {
    const lines = slice.map((cells) => {
      header ??= cells;
      const isHeader = cells === header;
      const added = isHeader ? names(header, several, classes, scores, withErrors) : answer(row++, cells, header.length);
      const line = written(beside(cells, added, header.length), source.layout);
      return isHeader ? source.layout.said + line : line;
    });
    // A blob of its own for each slice lets the browser keep them elsewhere than in memory.
    parts.push(new Blob([lines.join("")]));
  }
  return new Blob(parts, { type: "text/csv;charset=utf-8" });

  function answer(number, of, width) {
    const prediction = predictions.get(number);
    const { label = prediction ?? "", probabilities = classes.map(() => ""), score = "" } = prediction ?? {};
    const ofEach = several.map((name) => own(prediction ?? {}, name) ?? "");
    const cells = several.length ? ofEach : [label, ...probabilities, ...scores.map(() => score)];
    const hasAnswer = prediction !== undefined || isEmpty(of, width);
    if (withErrors) cells.push(hasAnswer ? "" : (errors.get(number) ?? NOT_REACHED));
    return cells.map((cell) => cellOf(cell, source.dialect));
  }
}

// A row that is too short or too long keeps every cell, and the added ones stay in their columns.
function beside(cells, added, width) {
  const padding = Array(Math.max(0, width - cells.length)).fill("");
  return [...cells.slice(0, width), ...padding, ...added, ...cells.slice(width)];
}

function names(header, several, classes, scores, withErrors) {
  const taken = new Set(header.map((name) => name.trim()));
  const probabilities = classes.map((label) => `probability_${label}`);
  const predictions = several.length ? several.map((name) => `prediction_${name}`) : ["prediction"];
  const added = [...predictions, ...probabilities, ...scores, ...(withErrors ? ["error"] : [])];
  return added.map((name) => free(name, taken));
}

function free(name, taken) {
  let number = 1;
  const candidate = () => (number === 1 ? name : `${name}_${number}`);
  while (taken.has(candidate())) number += 1;
  taken.add(candidate());
  return candidate();
}
