// A button that copies a text, and says whether it could.

import { element } from "../dom.js";

const SAID_FOR_MILLISECONDS = 3000;

export function copyButton(source, status) {
  const button = element("button", { type: "button", textContent: "Copy" });
  let forgotten;
  button.addEventListener("click", async () => {
    clearTimeout(forgotten);
    status.textContent = await copied(source);
    forgotten = setTimeout(() => (status.textContent = ""), SAID_FOR_MILLISECONDS);
  });
  return button;
}

async function copied(source) {
  try {
    await navigator.clipboard.writeText(source.textContent);
    return "Copied.";
  } catch {
    // Over plain HTTP, or where the reader refuses, there is no clipboard: the text is at least selected.
    getSelection().selectAllChildren(source);
    return "Selected; press Ctrl+C or ⌘C.";
  }
}
