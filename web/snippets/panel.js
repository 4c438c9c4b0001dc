// Use from code: the request for the current values, in a language of choice, to copy.

import { element } from "../dom.js";
import { chooser } from "./chooser.js";
import { copyButton } from "./copy.js";
import { languages } from "./snippets.js";

export function open(panel, view) {
  const code = element("code");
  const status = element("span", { role: "status", className: "quiet" });
  const { outputs = [] } = view.manifest.signature;
  const choice = chooser("Language", Object.keys(languages), write);
  const asked = outputs.length > 1 ? [chooser("What to ask for", ["Label", "Probabilities"], write)] : [];

  function write() {
    const model = { address: view.api.address, name: view.manifest.name };
    code.textContent = languages[choice.value](model, sendable(view.form.instance), asked[0]?.value === "Probabilities" ? outputs[1] : undefined);
  }

  view.onChange(write);
  write();
  const listing = element("pre", { tabIndex: 0, role: "region", ariaLabel: "The request" }, code);
  panel.replaceChildren(choice.element, ...asked.map((one) => one.element), listing, element("div", { className: "actions" }, copyButton(code, status), status));
}

// What is not a number has no place in JSON; null stands where the reader still has to write one.
const sendable = (instance) =>
  Object.fromEntries(Object.entries(instance).map(([name, value]) => [name, Number.isNaN(value) ? null : value]));
