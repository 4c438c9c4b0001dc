// What if one value were another? The prediction along one feature's range, the others held. Of labels, it is the
// probability of one class.

import { element } from "../dom.js";
import { said } from "../feature.js";
import { quantity } from "../format.js";
import { own } from "../own.js";
import { part, Problem } from "../problem.js";
import { canSweep, sweep } from "./sweep.js";

export class WhatIf {
  #section;
  #api;
  #manifest;
  #select = element("select", { id: "whatif-feature" });
  #class = element("select", { ariaLabel: "Class whose probability is drawn" });
  #curve;
  #chart = element("div", { className: "chart" });
  #readout = element("p", { className: "readout" });
  #taken;

  // `chosen` is called for another feature, `taken` with a feature's name and value.
  constructor(section, api, manifest, { chosen, taken }) {
    this.#section = section;
    this.#api = api;
    this.#manifest = manifest;
    this.#taken = taken;
    const { signature, statistics } = manifest;
    const { target, further_targets: others, outputs = [] } = signature;
    const isDrawn = !others && (!target.classes || outputs.includes("predict_proba"));
    const features = signature.features.filter(({ name }) => isDrawn && canSweep(own(statistics, name)));
    section.hidden = features.length === 0;
    this.#select.append(...features.map(({ name, title }) => element("option", { value: name, textContent: title })));
    this.#select.addEventListener("change", chosen);
    // Of two, the second is what the model is about.
    this.#class.append(...(target.classes ?? []).map((label, value) => element("option", { value, textContent: said(label), selected: value === 1 })));
    this.#class.addEventListener("change", chosen);
    const choice = target.classes?.length > 2 ? [this.#class] : [];
    section.replaceChildren(heading(this.#select, choice), this.#chart, this.#readout);
    this.clear();
  }

  clear(reason = "The curve comes with the answer.") {
    this.#curve?.clear();
    this.#readout.textContent = reason;
  }

  // Draws the curve around `instance` and returns the answer, of which the first prediction is for `instance`.
  async draw(instance, signal) {
    try {
      return await this.#sweep(instance, signal);
    } catch (problem) {
      const isAlongTheWay = problem.errors?.length && problem.errors.every(({ row }) => row > 0);
      if (!isAlongTheWay) throw problem;
      this.clear("There is no curve: for some of these values the model has no answer.");
      return this.#api.predict(this.#manifest, [instance], signal);
    }
  }

  async #sweep(instance, signal) {
    const feature = this.#feature;
    const xs = feature ? sweep(feature, own(this.#manifest.statistics, feature.name), own(instance, feature.name)) : [];
    const instances = [instance, ...xs.map((x) => ({ ...instance, [feature.name]: x }))];
    const asked = this.#api.predict(this.#manifest, instances, signal);
    const [answer, missing] = await Promise.all([asked, this.#prepare()]);
    // Other values may have come while the drawing loaded.
    signal.throwIfAborted();
    if (missing) this.clear(`There is no curve. ${missing.message}`);
    const [y, ...ys] = feature ? answer.predictions.map((prediction) => this.#height(prediction)) : [];
    if (feature && !missing) this.#plot(feature, xs, ys, { x: own(instance, feature.name), y });
    return answer;
  }

  // The drawing is a part of its own, without which there is an answer still; returns the problem if it does not load.
  async #prepare() {
    const loaded = await part(() => import("./curve.js")).catch((problem) => problem);
    if (loaded instanceof Problem) return loaded;
    const told = { moved: (point) => this.#read(point), taken: (point) => this.#take(point) };
    this.#curve ??= new loaded.Curve(this.#chart, told);
    return undefined;
  }

  get #feature() {
    return this.#manifest.signature.features.find(({ name }) => name === this.#select.value);
  }

  // What is drawn of a prediction.
  #height(prediction) {
    return prediction.probabilities ? 100 * prediction.probabilities[this.#class.value] : prediction;
  }

  get #drawn() {
    const { title, classes, "x-unit": unit } = this.#manifest.signature.target;
    return classes ? { title: `Probability of ${said(classes[this.#class.value])}`, unit: "%" } : { title, unit };
  }

  #plot(feature, xs, ys, current) {
    this.#curve.draw({
      points: xs.map((x, position) => ({ x, y: ys[position] })),
      current: typeof current.x === "number" ? current : null,
      seen: own(this.#manifest.statistics, feature.name),
      x: { title: feature.title, unit: feature["x-unit"] },
      y: this.#drawn,
    });
  }

  #read({ x, y }) {
    const value = element("strong", { textContent: quantity(y, this.#drawn.unit) });
    this.#readout.replaceChildren(`${this.#feature.title} ${quantity(x, this.#feature["x-unit"])}: `, value);
  }

  #take({ x }) {
    this.#taken(this.#feature.name, Number(x.toPrecision(6)));
  }
}

function heading(select, others) {
  const label = element("label", { htmlFor: select.id, textContent: "changes, everything else stays" });
  return element("header", {}, element("h2", { id: "whatif-title", textContent: "What if" }), select, label, ...others);
}
