// Predict a CSV: a file goes in, is looked at, goes through the API in parts, and comes out with its predictions.

import { element } from "../dom.js";
import { said, short } from "../feature.js";
import { plain } from "../format.js";
import { Notice } from "../notice.js";
import { countdown } from "../retry.js";
import { chooser } from "./chooser.js";
import { preview } from "./preview.js";
import { template } from "./template.js";

export function open(panel, view) {
  new Batch(panel, view);
}

class Batch {
  #view;
  #worker;
  #name;
  #rows;
  #stage = element("div", { className: "panel-stage" });
  #status = element("p", { role: "status" });
  #alert = element("div");
  #notice = new Notice(this.#alert);
  #wait = new AbortController();

  constructor(panel, view) {
    this.#view = view;
    view.closed.addEventListener("abort", () => this.#forget());
    const { features } = view.manifest.signature;
    const help = element("p", {
      className: "quiet small",
      textContent: `The first line names the columns: ${short(features.map(({ name }) => name).join(", "))}. Other columns stay as they are.`,
    });
    const start = download("Download a template", template(view.manifest.signature), `${view.manifest.name}.csv`);
    const intro = element("div", { className: "actions" }, start, help);
    panel.replaceChildren(chooser((file) => this.#inspect(file)), intro, this.#status, this.#alert, this.#stage);
  }

  #inspect(file) {
    this.#forget();
    this.#name = file.name;
    this.#status.textContent = `Reading ${file.name}`;
    this.#worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
    this.#worker.onmessage = ({ data }) => this.#hear(data);
    this.#worker.onerror = (event) => this.#notice.say(event.message ? `This page has a fault: ${event.message}. Load it again.` : "A part of this page could not be loaded. Try again.");
    const { manifest, api } = this.#view;
    this.#worker.postMessage(["inspect", { file, manifest, address: api.address }]);
  }

  #hear({ inspected, progress, failed, done }) {
    if (inspected) this.#show(inspected);
    if (progress !== undefined) this.#advance(progress);
    if (failed) this.#pause(failed);
    if (done) this.#finish(done);
  }

  #show(seen) {
    if (seen.problem) {
      this.#status.textContent = "";
      this.#notice.say(seen.problem);
      return;
    }
    this.#rows = seen.rows - seen.empty;
    const good = this.#rows - seen.broken;
    this.#status.textContent = summary(seen);
    const start = element("button", { type: "button", className: "primary", textContent: `Predict ${counted(good)}`, onclick: () => this.#run() });
    this.#stage.replaceChildren(preview(seen), ...(good ? [element("div", { className: "actions" }, start)] : []));
  }

  #run() {
    this.#notice.clear();
    const bar = element("progress", { max: this.#rows, value: 0, ariaLabel: "Rows predicted" });
    const cancel = element("button", { type: "button", textContent: "Cancel", onclick: () => this.#cancel() });
    const text = element("span", { className: "quiet ticks" });
    this.#stage.replaceChildren(bar, element("div", { className: "actions" }, cancel, text));
    cancel.focus();
    this.#status.textContent = "Predicting.";
    this.#worker.postMessage(["run"]);
    this.#advance(0);
  }

  #advance(done) {
    const bar = this.#stage.querySelector("progress");
    if (!bar) return;
    bar.value = done;
    this.#stage.querySelector(".ticks").textContent = `${plain(done)} of ${counted(this.#rows)}`;
  }

  #cancel() {
    this.#wait.abort();
    this.#worker.postMessage(["cancel"]);
  }

  // A request failed; all before it is kept, and it is sent again when the API or the reader says so.
  async #pause(problem) {
    const again = () => {
      this.#notice.clear();
      this.#worker.postMessage(["again"]);
    };
    if (!problem.retryAfter) return this.#notice.say(problem.message, { "Go on": again, "Cancel the rest": () => this.#cancel() });
    this.#wait = new AbortController();
    try {
      await countdown(problem, this.#notice, this.#wait.signal);
      again();
    } catch {
      this.#worker?.postMessage(["cancel"]);
    }
  }

  #finish({ file, isWhole, predicted, refused }) {
    this.#notice.clear();
    const left = refused ? ` ${counted(refused)} could not be predicted; the column “error” says why.` : "";
    this.#status.textContent = `${isWhole ? "Done" : "Cancelled"}: ${counted(predicted)} predicted.${left}`;
    const name = `${this.#name.replace(/\.gz$/i, "").replace(/\.[^.]*$/, "")}-predicted.csv`;
    const link = download(`Download ${name}`, file, name, "button primary");
    this.#stage.replaceChildren(element("div", { className: "actions" }, link));
    link.focus();
  }

  #forget() {
    this.#wait.abort();
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#notice.clear();
    this.#status.textContent = "";
    this.#stage.replaceChildren();
  }
}

const download = (text, file, name, className = "button") =>
  element("a", { className, textContent: text, download: name, href: URL.createObjectURL(file) });

function summary({ rows, broken, empty, absent }) {
  const errors = broken ? ` ${counted(broken)} with errors will be left without a prediction.` : " No errors found.";
  const missing = absent.map(({ name, when_missing: meaning, default: value }) => ` ${name} is in no column: it ${meaning ?? `counts as ${said(value) ?? "missing"}`}.`);
  const nothing = empty ? ` ${counted(empty)} ${empty === 1 ? "is" : "are"} empty and will be left as ${empty === 1 ? "it is" : "they are"}.` : "";
  return `${counted(rows)}.${errors}${nothing}${missing.join("")}`;
}

const counted = (rows) => `${plain(rows)} ${rows === 1 ? "row" : "rows"}`;
