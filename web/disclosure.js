// A part of the page whose module loads when it is opened.

import { byId, element } from "./dom.js";

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
      const [{ open }] = await Promise.all([this.#load(), style(new URL("styles/panels.css", import.meta.url))]);
      if (view === this.#view) await open(this.#panel, view);
    } catch (error) {
      this.#panel.replaceChildren(element("p", { className: "error", role: "alert", textContent: `This part could not be loaded. ${error.message}` }));
    }
  }
}

let styled;

// Resolves when the style sheet holds; it is fetched once.
function style(href) {
  styled ??= new Promise((resolve, reject) => {
    const link = element("link", { rel: "stylesheet", href, onload: resolve });
    link.onerror = () => {
      styled = undefined;
      reject(new Error("The connection broke off."));
    };
    document.head.append(link);
  });
  return styled;
}
