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

export function listModels(list, models) {
  const items = models.map(({ name, title, ready }) => {
    const link = element("a", { href: addressOf(name), textContent: title ?? name });
    if (!ready) link.append(element("span", { className: "quiet", textContent: " (not ready)" }));
    return element("li", {}, link);
  });
  list.replaceChildren(...items);
}

// The elements stay, so that the pressed link keeps the focus.
export function markModel(list, current) {
  for (const link of list.querySelectorAll("a")) {
    if (current !== undefined && link.hash === addressOf(current)) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

const addressOf = (name) => `#/${encodeURIComponent(name)}`;
