// A table with a caption and headers, in a frame that scrolls where the screen is narrow.

import { element } from "./dom.js";

// A cell is a text or an element; the first of each row is its header.
export function table(caption, header, rows) {
  const head = element("thead", {}, element("tr", {}, ...header.map((text) => element("th", { scope: "col", textContent: text }))));
  const body = element("tbody", {}, ...rows.map(([first, ...rest]) => row(first, rest)));
  const whole = element("table", {}, element("caption", { textContent: caption }), head, body);
  return element("div", { className: "scroll", tabIndex: 0, role: "region", ariaLabel: caption }, whole);
}

const row = (first, rest) => element("tr", {}, element("th", { scope: "row", textContent: first }), ...rest.map(cell));

const cell = (content) => (content instanceof Node ? content : element("td", { textContent: content }));
