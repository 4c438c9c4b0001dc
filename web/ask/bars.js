// A bar for the probability of each class; of many classes, of the most probable.

import { element } from "../dom.js";
import { said } from "../feature.js";
import { percent } from "../format.js";

const MOST_BARS = 10;

// Before there are probabilities, the bars are empty, so that they have their room.
export function bars(classes, probabilities) {
  const each = classes.map((label, position) => ({ label, share: probabilities?.[position] }));
  if (each.length > MOST_BARS) each.sort((one, other) => other.share - one.share);
  return each.slice(0, MOST_BARS).map(bar);
}

function bar({ label, share }) {
  const number = element("span", { textContent: share === undefined ? "" : percent(share) });
  const made = element("li", {}, element("span", { textContent: said(label) }), number);
  made.style.setProperty("--share", share ?? 0);
  return made;
}
