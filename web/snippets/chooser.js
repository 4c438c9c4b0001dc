// A choice of one among a few words.

import { element } from "../dom.js";

export function chooser(textContent, labels, changed) {
  const radios = labels.map((label, position) =>
    element("input", { type: "radio", name: textContent, value: label, checked: position === 0 }),
  );
  const options = radios.map((radio) => element("label", {}, radio, radio.value));
  const group = element("fieldset", { className: "languages" }, element("legend", { className: "hidden", textContent }), ...options);
  group.addEventListener("change", changed);
  return {
    element: group,
    get value() {
      return radios.find((radio) => radio.checked).value;
    },
  };
}
