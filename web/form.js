// The form: one field for each feature of the signature, filled with its example.

export class Form {
  #fields;

  constructor(container, features) {
    this.#fields = new Map(features.map((feature) => [feature.name, new Field(feature)]));
    container.replaceChildren(...[...this.#fields.values()].map((field) => field.element));
  }

  // The instance as typed, without what was left empty; the API names whatever is no number, or missing.
  get instance() {
    const values = [...this.#fields].map(([name, field]) => [name, field.value]);
    return Object.fromEntries(values.filter(([, value]) => value !== ""));
  }

  // Shows each entry of a problem at its field, puts the cursor into the first, and returns what has no field.
  show(errors) {
    for (const field of this.#fields.values()) field.error = "";
    const homeless = [];
    for (const error of errors) {
      const field = this.#fields.get(error.field);
      if (field) field.error = error.message;
      else homeless.push(error);
    }
    [...this.#fields.values()].find((field) => field.error)?.focus();
    return homeless;
  }
}

class Field {
  element = node("div", "field");
  #input = node("input");
  #error = node("p", "error");

  constructor(feature) {
    const id = `feature-${feature.name}`;
    const label = node("label", "", feature.title);
    if (feature["x-unit"]) label.append(" ", node("span", "unit", `in ${feature["x-unit"]}`));
    label.htmlFor = id;
    const hint = node("p", "hint", [feature.description, whenEmpty(feature)].join(" "));
    hint.id = `${id}-hint`;
    this.#error.id = `${id}-error`;
    Object.assign(this.#input, { id, name: feature.name, inputMode: "decimal", autocomplete: "off" });
    this.#input.value = feature.example;
    this.#input.setAttribute("aria-describedby", `${hint.id} ${this.#error.id}`);
    this.element.append(label, this.#input, hint, this.#error);
  }

  get value() {
    const text = this.#input.value.trim();
    return text !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
  }

  get error() {
    return this.#error.textContent;
  }

  set error(message) {
    this.#error.textContent = message;
    this.#input.setAttribute("aria-invalid", String(message !== ""));
  }

  focus() {
    this.#input.focus();
  }
}

function whenEmpty(feature) {
  if (feature.default !== undefined) return `Left empty it counts as ${feature.default}.`;
  if (feature.nullable) return `Left empty it ${feature.when_missing ?? "is passed on as missing"}.`;
  return "";
}

function node(tag, className = "", text = "") {
  return Object.assign(document.createElement(tag), { className, textContent: text });
}
