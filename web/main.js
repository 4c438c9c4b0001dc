// The page: the address names a model, its form asks the API, the answer or what is wrong with it is shown.

import { Api, Problem } from "./api.js";
import { Form } from "./form.js";

const element = (id) => document.getElementById(id);

class Page {
  #api;
  #models;
  #model;
  #form;

  async open() {
    this.#api = await Api.fromConfig();
    this.#models = await this.#api.models();
    addEventListener("hashchange", () => guarded(() => this.#choose()));
    element("form").addEventListener("submit", (event) => {
      event.preventDefault();
      guarded(() => this.#predict());
    });
    await this.#choose();
  }

  async #choose() {
    const name = location.hash.replace(/^#\/?/, "") || this.#models[0]?.name;
    if (!name) throw new Problem("No model is published yet. Train one and publish it, then load this page again.");
    this.#list(name);
    this.#model = await this.#api.model(name);
    this.#show(this.#model);
  }

  #list(current) {
    const items = this.#models.map(({ name, title }) => {
      const link = Object.assign(document.createElement("a"), { href: `#/${name}`, textContent: title ?? name });
      if (name === current) link.setAttribute("aria-current", "page");
      const item = document.createElement("li");
      item.append(link);
      return item;
    });
    element("models").replaceChildren(...items);
  }

  #show({ title, description, verdict, version, trained_at: trained, signature }) {
    document.title = `${title} · Picklejar`;
    element("title").textContent = title;
    element("description").textContent = description;
    element("verdict").textContent = verdict;
    element("version").textContent = `Version ${version}, trained ${new Date(trained).toLocaleString()}.`;
    element("answer").textContent = "";
    this.#form = new Form(element("fields"), signature.features);
    element("model").hidden = false;
  }

  async #predict() {
    const button = element("form").querySelector("button");
    button.disabled = true;
    element("answer").textContent = "";
    this.#form.show([]);
    try {
      const answer = await this.#api.predict(this.#model.name, [this.#form.instance]);
      element("answer").textContent = withUnit(answer.predictions[0], this.#model.signature.target["x-unit"]);
    } catch (problem) {
      const homeless = this.#form.show(problem.errors ?? []);
      if (!problem.errors?.length || homeless.length) throw problem;
    } finally {
      button.disabled = false;
    }
  }
}

function withUnit(number, unit) {
  if (/^[A-Z]{3}$/.test(unit)) return number.toLocaleString(undefined, { style: "currency", currency: unit });
  return `${number.toLocaleString(undefined, { maximumFractionDigits: 2 })} ${unit ?? ""}`.trim();
}

// Whatever fails is said on the page.
async function guarded(step) {
  element("notice").textContent = "";
  try {
    await step();
  } catch (problem) {
    element("notice").textContent = problem instanceof Problem ? problem.message : "This page has a fault; load it again.";
    if (!(problem instanceof Problem)) throw problem;
  }
}

await guarded(() => new Page().open());
