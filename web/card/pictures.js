// The pictures of a version, fetched through the API from where the version lies.

import { element } from "../dom.js";

export function pictures(api, manifest) {
  const figures = manifest.pictures.map((picture) => figure(api, manifest, picture));
  return element("div", { className: "pictures" }, ...figures);
}

function figure(api, manifest, { file, title, alt }) {
  const image = element("img", { alt, width: 800, height: 600 });
  const caption = element("figcaption", { textContent: title });
  show(image, api.picture(manifest, file)).catch((problem) => {
    image.replaceWith(element("p", { className: "error", textContent: `${alt} (The picture could not be fetched. ${problem.message})` }));
  });
  return element("figure", {}, image, caption);
}

async function show(image, picture) {
  const address = URL.createObjectURL(await picture);
  image.addEventListener("load", () => URL.revokeObjectURL(address), { once: true });
  image.src = address;
}
