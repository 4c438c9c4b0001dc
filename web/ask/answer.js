// The prediction, how long it took, and what to know before relying on it.

import { element } from "../dom.js";
import { said } from "../feature.js";
import { plain, quantity } from "../format.js";
import { own } from "../own.js";
import { part } from "../problem.js";

export class Answer {
  #target;
  #classes;
  #seen;
  #probabilities;
  #section;
  #output = element("output", { ariaLive: "polite" });
  #bars = element("ul", { className: "bars" });
  #timing = element("p", { className: "quiet small timing" });
  #notes = element("ul", { className: "notes" });

  constructor(section, { target, outputs = [] }, statistics) {
    this.#target = target;
    this.#classes = outputs.includes("predict_proba") ? target.classes : [];
    this.#seen = own(statistics, target.name);
    this.#section = section;
    this.#output.setAttribute("for", "form");
    const title = element("h2", { id: "answer-title", textContent: target.title });
    section.replaceChildren(title, this.#output, this.#bars, this.#timing, this.#notes);
    this.clear();
  }

  clear(reason = "Press Predict for an answer.") {
    this.#output.replaceChildren();
    this.#timing.textContent = reason;
    this.#notes.replaceChildren();
    this.#showBars();
    this.settle();
  }

  // What is shown belongs to earlier values.
  expect() {
    this.#section.ariaBusy = "true";
  }

  show(prediction, milliseconds, outside, note) {
    const { label = prediction, probabilities } = prediction;
    const textContent = this.#target.classes ? said(label) : quantity(label, this.#target["x-unit"]);
    this.#output.replaceChildren(element("data", { value: label, textContent }));
    this.#showBars(probabilities);
    this.#timing.textContent = `Answered in ${plain(Math.round(milliseconds))} ms${note ? `. ${note}` : ""}`;
    this.#notes.replaceChildren(...this.#warnings(prediction, outside).map((text) => element("li", { textContent: text })));
    this.settle();
  }

  settle() {
    this.#section.ariaBusy = "false";
  }

  // Only models with probabilities load their drawing. What waits for it may go on in any order: the last are drawn.
  async #showBars(probabilities) {
    if (!this.#classes.length) return;
    this.#probabilities = probabilities;
    try {
      const { bars } = await part(() => import("./bars.js"));
      this.#bars.replaceChildren(...bars(this.#classes, this.#probabilities));
    } catch (problem) {
      this.#bars.replaceChildren(element("li", { textContent: `There are no bars. ${problem.message}` }));
    }
  }

  #warnings(prediction, outside) {
    const { title, description, "x-unit": unit } = this.#target;
    const warnings = [];
    if (prediction.score !== undefined) warnings.push(`Score ${plain(prediction.score)}; the lower, the more unusual.`);
    if (outside.length) warnings.push(`${outside.length > 2 ? `${outside.length} values` : outside.join(", ")}: outside the range it was trained on.`);
    if (!this.#seen) return warnings;
    const { minimum, maximum } = this.#seen;
    if (prediction < 0 && minimum >= 0) warnings.push(`No real ${title.toLowerCase()} is negative. ${description}`);
    else if (prediction < minimum) warnings.push(`Lower than any seen in training (${quantity(minimum, unit)}).`);
    if (prediction > maximum) warnings.push(`Higher than any seen in training (${quantity(maximum, unit)}).`);
    return warnings;
  }
}
