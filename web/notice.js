// A place on the page that says what went wrong, and what can be done about it.

import { element } from "./dom.js";
import { Problem } from "./problem.js";

export class Notice {
  #text = element("p", { role: "alert" });
  #ticks = element("p", { ariaHidden: "true", className: "ticks" });
  #actions = element("div", { className: "actions" });

  constructor(container) {
    container.classList.add("notice");
    container.replaceChildren(this.#text, this.#ticks, this.#actions);
  }

  clear() {
    this.say("");
  }

  // `actions` are labels of buttons and what each does.
  say(text, actions = {}) {
    this.#text.textContent = text;
    this.#ticks.textContent = "";
    const buttons = Object.entries(actions).map(([label, act]) =>
      element("button", { type: "button", className: "plain", textContent: label, onclick: act }),
    );
    this.#actions.replaceChildren(...buttons);
  }

  // Shows what was thrown; anything but a Problem is a fault of this page, which the browser logs.
  tell(thrown, actions) {
    const isKnown = thrown instanceof Problem;
    this.say(isKnown ? thrown.message : "This page has a fault. Load it again.", actions);
    if (!isKnown) reportError(thrown);
  }

  // Only eyes need every second; a screen reader is told once.
  tick(text) {
    this.#ticks.textContent = text;
  }
}
