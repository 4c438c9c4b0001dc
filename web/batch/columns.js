// What the columns of a CSV mean to a model: from a row's cells to an instance, or to what is wrong with which cell.

import { asSentence, broken, isOptional, valueOf } from "../feature.js";

export class Sheet {
  #features;
  #header;
  #decimal;
  #columns;

  constructor(header, features, delimiter) {
    this.#header = header;
    this.#features = features;
    // Where commas do not part cells, they are free to be decimal commas.
    this.#decimal = delimiter === "," ? "." : ",";
    this.#columns = new Map(features.map((feature) => [feature.name, columnsOf(feature, header)]));
  }

  // Why no row can be read at all, or nothing.
  get problem() {
    const twice = this.#features.find(({ name }) => this.#columns.get(name).length > 1);
    if (twice) return `Two columns are called ${twice.name}. Keep one of them.`;
    const missing = this.#features.filter((feature) => !this.#columns.get(feature.name).length && !isOptional(feature));
    if (!missing.length) return "";
    const found = this.#header.map((name) => `“${name.trim()}”`).join(", ");
    const names = missing.map(({ name }) => name).join(", ");
    return `The file has no column ${names}. Its first line must name the columns; it says ${found}.`;
  }

  // Features that no column gives, which is allowed.
  get absent() {
    return this.#features.filter(({ name }) => !this.#columns.get(name).length);
  }

  // `errors` name the column, counted from 0, or null for the whole row.
  read(cells) {
    if (cells.length !== this.#header.length) return { errors: [ragged(cells.length, this.#header.length)] };
    const errors = [];
    const values = [];
    for (const feature of this.#features) {
      const [column] = this.#columns.get(feature.name);
      const value = valueOf(feature, cells[column] ?? "", this.#decimal);
      const wrong = broken(feature, value);
      if (wrong) errors.push({ column: column ?? null, message: asSentence(wrong), name: feature.name });
      if (value !== undefined) values.push([feature.name, value]);
    }
    return { instance: Object.fromEntries(values), errors };
  }
}

// One sentence for a row's errors, for a cell of its own.
export const described = (errors) =>
  errors.map(({ name, message }) => (name ? `${name}: ${message}` : message)).join(" ");

const ragged = (found, expected) => ({
  column: null,
  message: `This row has ${found} ${found === 1 ? "cell" : "cells"}, the first line has ${expected}.`,
});

// A column is found by the feature's name; failing that by its name or title in any case.
function columnsOf({ name, title }, header) {
  const places = (matches) => header.map((_, column) => column).filter((column) => matches(header[column].trim()));
  const exact = places((text) => text === name);
  if (exact.length) return exact;
  return places((text) => [name, title].some((word) => word.toLowerCase() === text.toLowerCase()));
}
