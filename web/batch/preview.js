// The first rows of a file and the first that have errors, each error at its cell.

import { element } from "../dom.js";
import { plain } from "../format.js";
import { table } from "../table.js";

const LONGEST_TEXT = 40;

export function preview({ header, sample, rows }) {
  const hasTrouble = sample.some(({ errors }) => errors.some(({ column }) => column === null));
  const width = Math.max(header.length, ...sample.map(({ cells }) => cells.length));
  const titles = [...header.map(short), ...Array(width - header.length).fill("")];
  const lines = sample.map(({ number, cells, errors }) => [
    plain(number),
    ...(hasTrouble ? [trouble(errors)] : []),
    ...Array.from({ length: width }, (_, column) => cell(cells[column] ?? "", errors, column)),
  ]);
  const which = sample.some(({ errors }) => errors.length) ? "First rows and rows with errors:" : "First";
  return table(`${which} ${sample.length} of ${plain(rows)} rows`, ["Row", ...(hasTrouble ? ["What is wrong"] : []), ...titles], lines);
}

function cell(text, errors, column) {
  const messages = errors.filter((error) => error.column === column).map(({ message }) => message);
  if (!messages.length) return element("td", { textContent: short(text) });
  return element("td", { className: "broken" }, short(text) || "(empty)", element("small", { textContent: messages.join(" ") }));
}

function trouble(errors) {
  const messages = errors.filter(({ column }) => column === null).map(({ message }) => message);
  return element("td", { className: messages.length ? "trouble" : "", textContent: messages.join(" ") });
}

const short = (text) => (text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text);
