// One model's request and answer: both are shown, can be copied, and the request can be sent.

import { byId, element } from "../dom.js";
import { Notice } from "../notice.js";
import { chooser } from "../snippets/chooser.js";
import { copyButton } from "../snippets/copy.js";
import { command } from "../snippets/snippets.js";
import { table } from "../table.js";
import { written } from "./description.js";
import { exchange } from "./exchange.js";

const HEADER = ["Name", "Type", "Limits", "What it is"];
const OUTPUTS = { predict: "Predictions", predict_proba: "Probabilities", score_samples: "Scores", decision_function: "Scores" };

export class View {
  #url;
  #latest;
  #notice = new Notice(byId("answer-notice"));

  constructor() {
    byId("copy-request").append(...copying("command"));
    byId("copy-answer").append(...copying("reply"));
    byId("body").addEventListener("input", () => this.#write());
    byId("request").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
  }

  // Shows the model as its description has it, at this address.
  show(address, { path, examples, answer, features, predictions, refusals }) {
    this.#latest = undefined;
    this.#url = address + path;
    byId("address").textContent = this.#url;
    const asked = Object.keys(examples);
    const choice = chooser("What to ask for", asked.map((output) => OUTPUTS[output]), () => fill());
    const fill = () => {
      byId("body").value = examples[asked.find((output) => OUTPUTS[output] === choice.value)];
      this.#write();
    };
    byId("examples").replaceChildren(...(asked.length > 1 ? [choice.element] : []));
    fill();
    this.#tell("As it may be; send the request for a real one.", answer);
    byId("tables").replaceChildren(
      table("An instance: the value of each feature.", HEADER, features),
      table("Each of the predictions.", HEADER, predictions),
      table("What a request may be refused with, as a problem document (RFC 9457).", ["Status", "When"], refusals),
    );
  }

  #write() {
    byId("command").textContent = command(this.#url, byId("body").value);
  }

  async #send() {
    const request = (this.#latest = exchange(this.#url, byId("body").value));
    byId("answer").ariaBusy = "true";
    this.#notice.clear();
    try {
      const { status, statusText, ok, milliseconds, text } = await request;
      if (request !== this.#latest) return;
      this.#tell(`${status} ${statusText}`.trim() + `, after ${Math.round(milliseconds)} ms`, indented(text), ok);
    } catch (problem) {
      if (request !== this.#latest) return;
      this.#tell("", "");
      this.#notice.tell(problem);
    }
  }

  #tell(outcome, reply, ok = true) {
    byId("answer").ariaBusy = "false";
    byId("outcome").textContent = outcome;
    byId("outcome").classList.toggle("refused", !ok);
    byId("reply").textContent = reply;
    this.#notice.clear();
  }
}

function copying(source) {
  const status = element("span", { role: "status", className: "quiet" });
  return [copyButton(byId(source), status), status];
}

// What is not JSON is shown as it came.
function indented(text) {
  try {
    return written(JSON.parse(text));
  } catch {
    return text;
  }
}
