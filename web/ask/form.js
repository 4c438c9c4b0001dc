// The form: one field for each feature of the signature.

import { broken } from "../feature.js";
import { own } from "../own.js";
import { Field } from "./field.js";

export class Form {
  #features;
  #fields;

  constructor(container, { features }, statistics) {
    this.#features = features;
    this.#fields = new Map(features.map((feature, position) => [feature.name, field(feature, position)]));

    function field(feature, position) {
      return new Field(feature, own(statistics, feature.name), `feature-${position}`);
    }
    container.replaceChildren(...[...this.#fields.values()].map((field) => field.element));
  }

  // What is sent: null for a missing value, nothing for other empty fields.
  get instance() {
    const values = [...this.#fields].map(([name, field]) => [name, field.value]);
    return Object.fromEntries(values.filter(([, value]) => value !== undefined));
  }

  fill(instance) {
    for (const [name, field] of this.#fields) field.text = own(instance, name);
  }

  set(name, value) {
    this.#fields.get(name).text = value;
  }

  // JSON has no NaN, so the API cannot report these.
  get unreadable() {
    return this.#features
      .filter(({ name }) => Number.isNaN(this.#fields.get(name).value))
      .map((feature) => ({ field: feature.name, message: broken(feature, NaN) }));
  }

  // Whether nothing is left to enter or to correct.
  get isComplete() {
    return this.#features.every((feature) => !broken(feature, this.#fields.get(feature.name).value));
  }

  get outside() {
    return this.#features.filter(({ name }) => this.#fields.get(name).isOutside).map(({ title }) => title);
  }

  // Shows a problem's errors at their fields and returns those without one.
  show(errors) {
    for (const field of this.#fields.values()) field.error = "";
    const homeless = errors.filter(({ field }) => !this.#fields.has(field));
    for (const { field, message } of errors) if (this.#fields.has(field)) this.#fields.get(field).error = message;
    return homeless;
  }

  focusFirstError() {
    [...this.#fields.values()].find((field) => field.error)?.focus();
  }
}
