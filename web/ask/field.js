// One field of the form: label, input, slider over the training range, help and error.

import { element } from "../dom.js";
import { asSentence, choicesOf, isNumeric, isOptional, isProse, longestOf, said, valueOf, whenEmpty } from "../feature.js";
import { plain } from "../format.js";
import { track } from "./slider_range.js";

// Of the texts of a select: more has a line of its own, and even more may be cut there.
const SHORT = 16;
const CUT = 36;
const LINES = 6;

export class Field {
  #feature;
  #seen;
  #input;
  #slider;
  #range = element("p", { className: "range" });
  #error = element("p", { className: "error" });

  // A feature's name may be any text; `id` is fit for an attribute.
  constructor(feature, seen, id) {
    this.#feature = feature;
    this.#seen = seen;
    this.#input = choicesOf(feature) ? choice(feature) : isProse(feature) ? prose(feature) : entry(feature);
    this.#input.id = id;
    const label = element("label", { htmlFor: id, textContent: feature.title });
    const hint = element("p", { id: `${id}-hint`, className: "hint", textContent: [feature.description, whenEmpty(feature)].join(" ") });
    this.#range.id = `${id}-range`;
    this.#error.id = `${id}-error`;
    this.#input.setAttribute("aria-describedby", `${hint.id} ${this.#range.id} ${this.#error.id}`);
    const unit = element("span", { className: "unit", textContent: feature["x-unit"] ?? "" });
    const isLong = isProse(feature) || choicesOf(feature)?.some((text) => text.length > SHORT);
    this.element = element("div", { className: isLong ? "field wide" : "field" }, label, element("div", { className: "entry" }, this.#input, unit), hint);
    this.#addSlider();
    this.element.append(this.#range, this.#error);
    this.#input.addEventListener("input", () => this.#follow());
    this.text = feature.example;
  }

  get text() {
    return this.#input.value;
  }

  set text(text) {
    this.#input.value = text ?? "";
    this.#follow();
  }

  get value() {
    return valueOf(this.#feature, this.text);
  }

  get isOutside() {
    return typeof this.value === "number" && (this.value < this.#seen?.minimum || this.value > this.#seen?.maximum);
  }

  get error() {
    return this.#error.textContent;
  }

  set error(message) {
    this.#error.textContent = message && asSentence(message, this.#feature.name);
    this.#input.setAttribute("aria-invalid", String(message !== ""));
  }

  focus() {
    this.#input.focus();
  }

  #addSlider() {
    const run = this.#seen && track(this.#feature, this.#seen);
    if (!run) return;
    const { minimum: min, maximum: max, step } = run;
    this.#slider = element("input", { type: "range", min, max, step, ariaLabel: `${this.#feature.title}, slider` });
    this.#slider.addEventListener("input", () => (this.text = this.#slider.value));
    this.element.append(this.#slider);
  }

  // Slider and warning follow the text.
  #follow() {
    this.error = "";
    // A select cuts what is wider than it.
    if (choicesOf(this.#feature)) this.#range.textContent = this.text.length > CUT ? this.text : "";
    if (!this.#seen) return;
    const { minimum, maximum } = this.#seen;
    const [from, to] = [minimum, maximum].map((end) => plain(Number(end.toPrecision(4))));
    const span = `${from} to ${to}`;
    this.#range.classList.toggle("outside", this.isOutside);
    this.#range.textContent = `${this.isOutside ? "Outside the range it was trained on," : "Trained on"} ${span}`;
    if (!this.#slider) return;
    const empty = typeof this.value !== "number" || Number.isNaN(this.value);
    this.#slider.classList.toggle("unset", empty);
    this.#slider.value = empty ? this.#seen.mean : this.value;
    this.#slider.ariaValueText = empty ? "empty" : plain(this.value);
    const share = (this.#slider.value - this.#slider.min) / (this.#slider.max - this.#slider.min);
    this.#slider.style.setProperty("--share", share);
  }
}

function entry(feature) {
  const numeric = isNumeric(feature);
  const optional = isOptional(feature);
  return element("input", {
    type: "text",
    name: feature.name,
    inputMode: numeric ? "decimal" : "text",
    maxLength: numeric ? undefined : longestOf(feature),
    autocomplete: "off",
    spellcheck: false,
    required: !optional,
    placeholder: optional ? "empty" : "",
  });
}

function prose(feature) {
  return element("textarea", { name: feature.name, rows: LINES, maxLength: longestOf(feature), required: !isOptional(feature) });
}

function choice(feature) {
  const options = choicesOf(feature).map((one) => element("option", { value: one, textContent: said(one) }));
  if (isOptional(feature)) options.unshift(element("option", { value: "", textContent: feature.nullable ? "Unknown" : "(empty)" }));
  return element("select", { name: feature.name }, ...options);
}
