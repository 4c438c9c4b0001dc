// The choice of models, and the address that carries it: #/housing.

import { element } from "./dom.js";

const ROUTE = /^#\/(.+)$/;

// The model the address names, or nothing.
export function chosenName() {
  const name = ROUTE.exec(location.hash)?.[1];
  if (name === undefined) return undefined;
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

export function showModels(list, models, current) {
  const items = models.map(({ name, title, ready }) => {
    const link = element("a", { href: `#/${encodeURIComponent(name)}`, textContent: title ?? name });
    if (name === current) link.setAttribute("aria-current", "page");
    if (!ready) link.append(element("span", { className: "quiet", textContent: " (not ready)" }));
    return element("li", {}, link);
  });
  list.replaceChildren(...items);
}
