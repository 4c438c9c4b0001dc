// The page: the address names a model, its view is shown.

import { Api } from "./api.js";
import { ModelView } from "./model_view.js";
import { Disclosure } from "./disclosure.js";
import { byId } from "./dom.js";
import { introduce, introduceNothing } from "./heading.js";
import { Notice } from "./notice.js";
import { withRetry } from "./retry.js";
import { chosenName, listModels, markModel } from "./picker.js";

class Page {
  #api;
  #models = [];
  #view;
  #request = new AbortController();
  #notice = new Notice(byId("notice"));
  #parts = [
    new Disclosure("batch", () => import("./batch/panel.js")),
    new Disclosure("snippets", () => import("./snippets/panel.js")),
    new Disclosure("card", () => import("./card/panel.js")),
  ];

  open() {
    addEventListener("hashchange", () => this.#show());
    // Also while no model is laid out to answer.
    byId("form").addEventListener("submit", (event) => event.preventDefault());
    document.querySelector(".skip").addEventListener("click", skip);
    return this.#show();
  }

  // Shows the model that the address names; failures are shown and can be retried.
  async #show() {
    this.#close();
    const { signal } = (this.#request = new AbortController());
    byId("main").ariaBusy = "true";
    byId("model").inert = true;
    try {
      await withRetry(() => this.#choose(signal), this.#notice, signal);
    } catch (problem) {
      if (!signal.aborted) this.#fail(problem);
    }
    if (!signal.aborted) byId("main").ariaBusy = "false";
  }

  #close() {
    this.#request.abort();
    this.#view?.close();
    this.#view = undefined;
    this.#notice.clear();
  }

  async #choose(signal) {
    this.#api ??= await Api.fromConfig();
    const named = chosenName();
    // A model that the address names is asked for beside the list, not after it.
    const asked = named === undefined ? undefined : this.#manifest(named, signal);
    await Promise.all([this.#list(), asked]);
    if (signal.aborted) return;
    const name = named ?? this.#models[0]?.name;
    if (name === undefined) return this.#showEmptyJar();
    markModel(byId("models"), name);
    const manifest = await (asked ?? this.#manifest(name, signal));
    if (manifest) this.#lay(manifest);
    else this.#showUnknown(name);
  }

  async #list() {
    if (!this.#models.length) {
      this.#models = await this.#api.models();
      listModels(byId("models"), this.#models);
    }
    markModel(byId("models"), chosenName());
  }

  // Null if there is no such model.
  async #manifest(name, signal) {
    try {
      return await this.#api.model(name, signal);
    } catch (problem) {
      if (problem.status !== 404) throw problem;
      return null;
    }
  }

  #lay(manifest) {
    introduce(manifest);
    byId("model").hidden = false;
    byId("model").inert = false;
    this.#view = new ModelView(this.#api, manifest);
    for (const part of this.#parts) part.about(this.#view);
  }

  #showUnknown(name) {
    const others = this.#models.length ? "Choose one of those above." : "The jar is empty.";
    this.#showNothing("No such model", `There is no model named “${name}” here. ${others}`);
  }

  #showEmptyJar() {
    this.#showNothing(
      "The jar is empty",
      "No model is published yet. Train one with “picklejar train housing”, publish it with “picklejar publish housing --bucket” and the bucket's name, then load this page again.",
    );
  }

  #showNothing(title, description) {
    introduceNothing(title, description);
    byId("model").hidden = true;
  }

  #fail(problem) {
    this.#showNothing("Not available", "");
    this.#notice.tell(problem, { "Try again": () => this.#show() });
  }
}

// The address names the model; a link within the page must not change it.
function skip(event) {
  event.preventDefault();
  byId("main").focus();
}

await new Page().open();
