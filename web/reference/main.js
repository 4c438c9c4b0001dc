// The API page: the address names a model, whose request and answer are shown.

import { Api } from "../api.js";
import { byId } from "../dom.js";
import { Notice } from "../notice.js";
import { chosenName, listModels, markModel } from "../picker.js";
import { withRetry } from "../retry.js";
import { Description } from "./description.js";
import { View } from "./view.js";

class Reference {
  #api;
  #models;
  #description;
  #notice = new Notice(byId("notice"));
  #view = new View();

  open() {
    addEventListener("hashchange", () => this.#show());
    document.querySelector(".skip").addEventListener("click", skip);
    return this.#show();
  }

  async #show() {
    byId("main").ariaBusy = "true";
    try {
      if (!this.#description) await withRetry(() => this.#load(), this.#notice);
      this.#choose();
    } catch (problem) {
      this.#introduce("Not available", "");
      this.#notice.tell(problem, { "Try again": () => this.#show() });
    }
    byId("main").ariaBusy = "false";
  }

  async #load() {
    this.#api = await Api.fromConfig();
    const [models, described] = await Promise.all([this.#api.models(), this.#api.description()]);
    this.#models = models;
    this.#description = new Description(described);
    byId("document").href = `${this.#api.address}/openapi.json`;
    listModels(byId("models"), models);
  }

  #choose() {
    const name = chosenName() ?? this.#models[0]?.name;
    markModel(byId("models"), name);
    byId("page").href = name === undefined ? "./" : `./#/${encodeURIComponent(name)}`;
    if (name === undefined) return this.#introduce("The jar is empty", "No model is published yet.");
    const described = this.#description.of(name);
    if (!described) return this.#introduce("No such model", `No model named “${name}” can be asked here now.`);
    this.#introduce(described.title, described.description);
    this.#view.show(this.#api.address, described);
    byId("model").hidden = false;
  }

  #introduce(title, description) {
    document.title = `${title} · API · Picklejar`;
    byId("title").textContent = title;
    byId("description").textContent = description;
    byId("model").hidden = true;
  }
}

// The address names the model; a link within the page must not change it.
function skip(event) {
  event.preventDefault();
  byId("main").focus();
}

await new Reference().open();
