// One model's view: the form asks the API, and the answer, the curve or an error is shown.

import { Answer } from "./ask/answer.js";
import { Examples } from "./ask/examples.js";
import { Form } from "./ask/form.js";
import { byId } from "./dom.js";
import { Notice } from "./notice.js";
import { withRetry } from "./retry.js";
import { Problem } from "./problem.js";
import { WhatIf } from "./whatif/whatif.js";

// Feels immediate, yet asks only once for many pixels of a slider.
const PAUSE_MILLISECONDS = 120;

export class ModelView {
  #examples;
  #answer;
  #whatif;
  #notice = new Notice(byId("form-notice"));
  #request = new AbortController();
  #isAnswered = false;
  #isAsking = false;
  #served;
  #pause;
  #listeners = new AbortController();

  constructor(api, manifest) {
    this.api = api;
    this.manifest = manifest;
    const { signature, statistics } = manifest;
    this.form = new Form(byId("fields"), signature, statistics);
    this.#examples = new Examples(api, manifest);
    this.#answer = new Answer(byId("answer"), signature, statistics);
    this.#whatif = new WhatIf(byId("whatif"), api, manifest, {
      chosen: () => this.#changed(),
      taken: (name, value) => this.#change(() => this.form.set(name, value)),
    });
    // Where rows are not handed out, there is no other example.
    byId("another").hidden = manifest.withholds_texts === true;
    this.#listen();
    this.#askFirst();
  }

  // Ends everything under way.
  close() {
    clearTimeout(this.#pause);
    this.#request.abort();
    this.#listeners.abort();
    this.#notice.clear();
  }

  // Aborts when the view is closed.
  get closed() {
    return this.#listeners.signal;
  }

  // Calls `act` at each change of a value, until the view is closed.
  onChange(act) {
    byId("form").addEventListener("change-of-values", act, { signal: this.closed });
  }

  #listen() {
    const { signal } = this.#listeners;
    byId("form").addEventListener("submit", (event) => this.#submit(event), { signal });
    byId("fields").addEventListener("input", () => this.#changed(), { signal });
    byId("another").addEventListener("click", () => this.#showAnother(), { signal });
  }

  // The first answer comes without a click, by the example, and loads the model. Its failures are not shown: nobody asked.
  #askFirst() {
    if (!this.form.isComplete) return this.#answer.clear("Enter the missing values, then press Predict.");
    this.#answer.clear("Predicting the example");
    this.#guarded((signal) => this.#follow(signal, "The values are an example."), { silently: true });
  }

  #submit(event) {
    event.preventDefault();
    clearTimeout(this.#pause);
    this.#guarded(async (signal) => {
      await this.#predict(() => this.api.predict(this.manifest, [this.form.instance], signal));
      await this.#draw(signal).catch((problem) => this.#missCurve(problem));
    });
  }

  // The answer stays if the curve fails.
  #missCurve(problem) {
    if (!(problem instanceof Problem) || problem.retryAfter) throw problem;
    this.#whatif.clear(`There is no curve. ${problem.message}`);
  }

  async #showAnother() {
    try {
      const example = await withRetry(() => this.#examples.another(), this.#notice, this.closed);
      if (!this.closed.aborted) this.#change(() => this.form.fill(example));
    } catch (problem) {
      if (!this.closed.aborted) this.#notice.tell(problem);
    }
  }

  #change(change) {
    change();
    this.#changed();
  }

  // Once there is an answer, or one is on its way, it follows the values.
  #changed() {
    byId("form").dispatchEvent(new Event("change-of-values"));
    if (!this.#isAnswered && !this.#isAsking) return;
    // What is on its way is for earlier values.
    this.#request.abort();
    clearTimeout(this.#pause);
    const how = { quietly: true, silently: !this.#isAnswered };
    this.#pause = setTimeout(() => this.#guarded((signal) => this.#follow(signal), how), PAUSE_MILLISECONDS);
  }

  // Shows the answer that `ask` brings.
  async #predict(ask, note) {
    this.#check();
    const began = performance.now();
    const { predictions, version } = await ask();
    this.#served = version;
    this.#answer.show(predictions[0], performance.now() - began, this.form.outside, note);
    this.#isAnswered = true;
  }

  // One request brings the answer for the values and for all those the curve needs.
  #follow(signal, note) {
    return this.#predict(() => this.#draw(signal), note);
  }

  #draw(signal) {
    return this.#whatif.draw(this.form.instance, signal);
  }

  #check() {
    const errors = this.form.unreadable;
    if (errors.length) throw new Problem("", { errors });
  }

  // Runs a step instead of the last one; errors are shown here or at their fields, or, silently, not at all.
  async #guarded(step, { quietly = false, silently = false } = {}) {
    this.#request.abort();
    const { signal } = (this.#request = new AbortController());
    this.#isAsking = true;
    this.#answer.expect();
    this.#notice.clear();
    this.form.show([]);
    try {
      await (silently ? step(signal) : withRetry(() => step(signal), this.#notice, signal));
      if (this.#served && this.#served !== this.manifest.version) this.#offerReload();
    } catch (problem) {
      if (!signal.aborted) this.#fail(problem, quietly, silently);
    } finally {
      if (!signal.aborted) this.#settle();
    }
  }

  #settle() {
    this.#isAsking = false;
    this.#answer.settle();
  }

  // Form and card belong to another version than the answer.
  #offerReload() {
    const reload = () => dispatchEvent(new Event("hashchange"));
    this.#notice.say("Another version of this model serves now, and gave this answer.", { "Show that version": reload });
  }

  #fail(problem, quietly, silently) {
    if (silently && problem instanceof Problem) return this.#answer.clear();
    this.#say(problem, quietly);
  }

  #say(problem, quietly) {
    this.#answer.clear("There is no answer to these values yet.");
    this.#whatif.clear();
    const homeless = this.form.show(problem.errors ?? []);
    if (!quietly) this.form.focusFirstError();
    if (problem.errors?.length && !homeless.length) return;
    this.#notice.tell(homeless.length ? new Problem(homeless[0].message) : problem);
  }
}
