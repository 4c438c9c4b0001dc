// What the columns of a CSV mean to a model: from a row's cells to an instance, or to what is wrong with which cell.

import { broken, isOptional, short } from "../feature.js";
import { fromCell, isEmpty, namesOf, readerOf } from "./cells.js";
import { DELIMITER_NAMES } from "./csv.js";

export class Sheet {
  #features;
  #dialect;
  #names;
  #columns;
  #readers;

  constructor(header, features, delimiter, dialect) {
    this.#features = features;
    this.#dialect = dialect;
    this.#names = namesOf(header, dialect);
    this.#columns = new Map(features.map((feature) => [feature.name, columnsOf(feature, this.#names)]));
    const sign = ({ name }) => (Object.hasOwn(dialect.signs, name) ? dialect.signs[name] : "");
    this.#readers = features.map((feature) => readerOf(feature, dialect, delimiter, sign(feature)));
  }

  // Why no row can be read at all, or nothing.
  get problem() {
    const twice = this.#features.find(({ name }) => this.#columns.get(name).length > 1);
    if (twice) return `Two columns are called ${twice.name}. Keep one of them.`;
    const missing = this.#features.filter((feature) => !this.#columns.get(feature.name).length && !isOptional(feature));
    if (!missing.length) return "";
    const names = short(missing.map(({ name }) => name).join(", "));
    return `The file has no column ${names}. ${told(this.#names, DELIMITER_NAMES[this.#dialect.delimiter])}`;
  }

  // Features that no column gives, which is allowed.
  get absent() {
    return this.#features.filter(({ name }) => !this.#columns.get(name).length);
  }

  // `errors` name the column, counted from 0, or null for the whole row; an empty row has neither them nor an instance.
  read(cells) {
    if (isEmpty(cells, this.#names.length)) return { isEmpty: true, errors: [] };
    if (cells.length !== this.#names.length) return { errors: [ragged(cells.length, this.#names.length)] };
    const errors = [];
    const values = [];
    for (const [place, feature] of this.#features.entries()) {
      const [column] = this.#columns.get(feature.name);
      const read = column === undefined ? null : this.#readers[place](cells[column]);
      // A missing value that may not be is left out, and said to be missing.
      const value = read === null && !feature.nullable ? undefined : read;
      const wrong = broken(feature, value);
      if (wrong) errors.push({ column: column ?? null, message: `${feature.name} ${wrong}.` });
      if (value !== undefined) values.push([feature.name, value]);
    }
    return { instance: Object.fromEntries(values), errors };
  }
}

// What a first line says, which is not what the model needs; `wanted` are the delimiters that it must have.
function told(names, wanted) {
  if (names.length === 1) {
    const nothing = wanted ? `no ${wanted} part` : `none of ${Object.values(DELIMITER_NAMES).join(", ")} part`;
    return `It has one column, “${short(names[0])}”, as ${nothing} its cells; save it with ${wanted ? "them" : "one of them"}.`;
  }
  const between = wanted ? `, with ${wanted} between them` : "";
  const named = names.filter(Boolean);
  const unnamed = names.length - named.length;
  const others = unnamed ? `, and ${unnamed} ${unnamed === 1 ? "column has" : "columns have"} no name` : "";
  const found = short(named.map((name) => `“${name}”`).join(", ")) || "nothing";
  return `Its first line must name the columns${between}; it says ${found}${others}.`;
}

// One text for a row's errors, for a cell of its own.
export const described = (errors) => errors.map(({ message }) => message).join(" ");

const ragged = (found, expected) => ({
  column: null,
  message: `This row has ${found} ${found === 1 ? "cell" : "cells"}, the first line has ${expected}.`,
});

// A column is found by the feature's name; failing that by its name or title in any case.
function columnsOf({ name, title }, names) {
  const places = (matches) => names.flatMap((text, column) => (matches(text) ? [column] : []));
  for (const matches of [(text) => text === name, (text) => fromCell(text) === name]) {
    const exact = places(matches);
    if (exact.length) return exact;
  }
  return places((text) => [name, title].some((word) => word.toLowerCase() === text.toLowerCase()));
}
