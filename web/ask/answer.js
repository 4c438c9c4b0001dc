// The prediction, how long it took, and what to know before relying on it.

import { element } from "../dom.js";
import { said, targetsOf } from "../feature.js";
import { plain, quantity } from "../format.js";
import { own } from "../own.js";
import { part } from "../problem.js";

export class Answer {
  #targets;
  #classes;
  #statistics;
  #probabilities;
  #section;
  #output = element("output", { ariaLive: "polite" });
  #bars = element("ul", { className: "bars" });
  #timing = element("p", { className: "quiet small timing" });
  #notes = element("ul", { className: "notes" });

  constructor(section, signature, statistics) {
    const { target, outputs = [] } = signature;
    this.#targets = targetsOf(signature);
    this.#classes = outputs.includes("predict_proba") ? target.classes : [];
    this.#statistics = statistics;
    this.#section = section;
    this.#output.setAttribute("for", "form");
    const title = element("h2", { id: "answer-title", textContent: this.#isOne ? target.title : "Predictions" });
    section.replaceChildren(title, this.#output, this.#bars, this.#timing, this.#notes);
    this.clear();
  }

  get #isOne() {
    return this.#targets.length === 1;
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
    const each = this.#isOne ? [prediction.label ?? prediction] : this.#targets.map(({ name }) => own(prediction, name));
    this.#output.replaceChildren(...(this.#isOne ? [value(this.#targets[0], each[0])] : [list(this.#targets, each)]));
    this.#showBars(prediction.probabilities);
    this.#timing.textContent = `Answered in ${plain(Math.round(milliseconds))} ms${note ? `. ${note}` : ""}`;
    const warnings = [...this.#warnings(prediction, outside), ...this.#targets.flatMap((target, at) => this.#unseen(target, each[at]))];
    this.#notes.replaceChildren(...warnings.map((text) => element("li", { textContent: text })));
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

  #warnings({ score }, outside) {
    const warnings = [];
    if (this.#isOne && score !== undefined) warnings.push(`Score ${plain(score)}; the lower, the more unusual.`);
    if (outside.length) warnings.push(`${outside.length > 2 ? `${outside.length} values` : outside.join(", ")}: outside the range it was trained on.`);
    return warnings;
  }

  // What is seldom true of a number that no row had.
  #unseen({ name, title, description, "x-unit": unit }, number) {
    const seen = own(this.#statistics, name);
    if (!seen) return [];
    const of = this.#isOne ? "" : `${title}: `;
    if (number < 0 && seen.minimum >= 0) return [`${of}No real ${title.toLowerCase()} is negative. ${description}`];
    if (number < seen.minimum) return [`${of}Lower than any seen in training (${quantity(seen.minimum, unit)}).`];
    if (number > seen.maximum) return [`${of}Higher than any seen in training (${quantity(seen.maximum, unit)}).`];
    return [];
  }
}

function value({ classes, "x-unit": unit }, prediction) {
  return element("data", { value: prediction, textContent: classes ? said(prediction) : quantity(prediction, unit) });
}

function list(targets, predictions) {
  const pairs = targets.flatMap((target, at) => [
    element("dt", { textContent: target.title }),
    element("dd", {}, value(target, predictions[at])),
  ]);
  return element("dl", { className: "targets" }, ...pairs);
}
