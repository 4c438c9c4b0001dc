// The only module that talks to the API. Failures are thrown as a Problem, except what the page aborts.

import { Problem, refusal } from "./problem.js";

// API Gateway gives up after 29 s.
const PATIENCE_MILLISECONDS = 30_000;

export class Api {
  static async fromConfig() {
    const response = await fetch("config.json", { cache: "no-store" }).catch(() => null);
    const config = await response?.json().catch(() => null);
    if (typeof config?.api !== "string") throw new Problem("This page does not know its API: config.json must name its address.");
    return new Api(new URL(config.api, location.href).href);
  }

  constructor(address) {
    this.address = address.replace(/\/$/, "");
  }

  async models() {
    const { models } = await this.#json("/models");
    if (!Array.isArray(models)) throw new Problem(`What answers at ${this.address} is not this API. Check config.json.`);
    return models;
  }

  // OpenAPI's document of all models that serve.
  description() {
    return this.#json("/openapi.json");
  }

  model(name, signal) {
    return this.#json(model(name), { signal });
  }

  // A prediction is a number, a label with any probabilities or score, or an object of several targets.
  async predict({ name, signature }, instances, signal) {
    const { target, further_targets: others, outputs = ["predict"] } = signature;
    const ask = (path, output) => this.#predict(path, instances, output, signal);
    let [answer, other] = await Promise.all(outputs.map((output) => ask(model(name), output)));
    if (!target.classes || others) return answer;
    // Both answers must come from one version, despite a canary or a moved alias.
    if (other && other.version !== answer.version) other = await ask(version(name, answer.version), outputs[1]);
    const kind = isScore(outputs) ? "score" : "probabilities";
    const predictions = answer.predictions.map((label, row) => ({ label, [kind]: other?.predictions[row] }));
    return { ...answer, predictions };
  }

  // The default needs no word.
  #predict(path, instances, output, signal) {
    return this.#json(`${path}/predict`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(output === "predict" ? { instances } : { instances, output }),
      signal,
    });
  }

  golden(manifest) {
    return this.#json(file(manifest, "golden.json"));
  }

  // API Gateway sends bytes only for an exact Accept header, which an <img> does not send.
  async picture(manifest, path) {
    const response = await this.#ask(file(manifest, path), { headers: { Accept: "image/png" } });
    return response.blob();
  }

  async #json(path, options) {
    const response = await this.#ask(path, options);
    try {
      return await response.json();
    } catch (error) {
      if (options?.signal?.aborted) throw error;
      throw new Problem(`What came from ${this.address} is not what this API says, or it broke off. Check config.json.`);
    }
  }

  async #ask(path, options = {}) {
    const limit = AbortSignal.timeout(PATIENCE_MILLISECONDS);
    const signal = options.signal ? AbortSignal.any([options.signal, limit]) : limit;
    let response;
    try {
      response = await fetch(this.address + path, { ...options, signal });
    } catch (error) {
      if (options.signal?.aborted) throw error;
      throw limit.aborted ? new Problem("The API did not answer in time. Try again.") : await this.#silence();
    }
    if (!response.ok) throw await refusal(response);
    return response;
  }

  // Browsers hide why there is no answer. A request without CORS tells silence from a refusal.
  async #silence() {
    if (!navigator.onLine) return new Problem("You are offline. Connect and try again.");
    const there = await fetch(`${this.address}/models`, { mode: "no-cors", cache: "no-store" }).catch(() => null);
    if (there === null) return new Problem(`Nothing answers at ${this.address}. Check that the API is running, then try again.`);
    if (new URL(this.address).origin === location.origin) return new Problem("The connection broke off. Try again.");
    return new Problem(
      `The API answers, but does not allow pages from ${location.origin} to read it. ` +
        "Its owner can allow this page by naming that origin in AllowedOrigins.",
    );
  }
}

// Whether a model that tells outliers says how unusual a row is.
export const isScore = (outputs) => outputs.length > 1 && outputs[1] !== "predict_proba";

const model = (name) => `/models/${encodeURIComponent(name)}`;
const version = (name, digits) => `${model(name)}/versions/${digits}`;
const file = (manifest, path) => `${version(manifest.name, manifest.version)}/files/${path}`;
