// Takes a file, chosen or dropped.

import { element } from "../dom.js";

export function chooser(chosen) {
  const input = element("input", { type: "file", className: "hidden", accept: ".csv,.tsv,.txt,.gz,text/csv" });
  const zone = element(
    "label",
    { className: "drop-zone" },
    element("strong", { textContent: "Choose a CSV" }),
    element("span", { textContent: "or drop it here" }),
    input,
  );
  input.addEventListener("change", () => {
    if (input.files.length) chosen(input.files[0]);
    // The same file, mended, can be chosen again.
    input.value = "";
  });
  for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
    zone.addEventListener(name, (event) => {
      event.preventDefault();
      zone.classList.toggle("over", name === "dragenter" || name === "dragover");
      if (name === "drop" && event.dataTransfer.files.length) chosen(event.dataTransfer.files[0]);
    });
  }
  return zone;
}

// A file that misses the zone would otherwise take the place of the page.
for (const name of ["dragover", "drop"]) {
  addEventListener(name, (event) => event.dataTransfer?.types.includes("Files") && event.preventDefault());
}
