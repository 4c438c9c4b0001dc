// The style sheet of the parts that open, fetched once and with the first of them.

import { element } from "./dom.js";

let styled;

// Resolves when the style sheet holds.
export function style() {
  styled ??= new Promise((resolve, reject) => {
    const link = element("link", { rel: "stylesheet", href: new URL("styles/panels.css", import.meta.url), onload: resolve });
    link.onerror = () => {
      styled = undefined;
      reject(new TypeError(`${link.href} did not come`));
    };
    document.head.append(link);
  });
  return styled;
}
