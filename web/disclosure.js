// A part of the page whose module loads when it is opened.

import { byId, element } from "./dom.js";
import { part } from "./problem.js";

export class Disclosure {
  #details;
  #load;
  #view;

  constructor(id, load) {
    this.#details = byId(id);
    this.#load = load;
    this.#details.addEventListener("toggle", () => this.#fill());
  }

  // From now on the part is about another model.
  about(view) {
    this.#view = view;
    this.#panel.replaceChildren();
    this.#fill();
  }

  get #panel() {
    return this.#details.querySelector(".panel");
  }

  async #fill() {
    if (!this.#details.open || !this.#view || this.#panel.childElementCount) return;
    const view = this.#view;
    this.#panel.append(element("p", { className: "quiet", textContent: "One moment" }));
    try {
      const [{ open }] = await part(() => Promise.all([this.#load(), import("./stylesheet.js").then(({ style }) => style())]));
      if (view === this.#view) await open(this.#panel, view);
    } catch (error) {
      this.#panel.replaceChildren(element("p", { className: "error", role: "alert", textContent: `This part could not be loaded. ${error.message}` }));
    }
  }
}
