// The head of the page: which model this is, how good it is, and how old.

import { byId } from "./dom.js";
import { moment } from "./format.js";

export function introduce({ title, description, verdict, limits, version, trained_at: trained }) {
  write({ title, description, verdict, limit: limits[0] ?? "", version: `Version ${version}, trained ${moment(trained)}` });
}

export function introduceNothing(title, description) {
  write({ title, description, verdict: "", limit: "", version: "" });
}

function write(texts) {
  document.title = `${texts.title} · Picklejar`;
  for (const [id, text] of Object.entries(texts)) byId(id).textContent = text;
}
