// A part of the page whose module is fetched when it is first opened, anew for each model.

import { byId, element } from "./dom.js";

export class Disclosure {
  #details;
  #load;
  #desk;

  constructor(id, load) {
    this.#details = byId(id);
    this.#load = load;
    this.#details.addEventListener("toggle", () => this.#fill());
  }

  // From now on the part is about another model.
  about(desk) {
    this.#desk = desk;
    this.#panel.replaceChildren();
    this.#fill();
  }

  get #panel() {
    return this.#details.querySelector(".panel");
  }

  async #fill() {
    if (!this.#details.open || !this.#desk || this.#panel.childElementCount) return;
    const desk = this.#desk;
    this.#panel.append(element("p", { className: "quiet", textContent: "One moment" }));
    try {
      const { open } = await this.#load();
      if (desk === this.#desk) await open(this.#panel, desk);
    } catch (error) {
      this.#panel.replaceChildren(element("p", { className: "error", role: "alert", textContent: `This part could not be loaded. ${error.message}` }));
    }
  }
}
