// Reads, checks and predicts a file beside the page, so that the page stays free whatever its size.

import { Api } from "../api.js";
import { dialectOf } from "./cells.js";
import { UnclosedQuote, Unreadable } from "./csv.js";
import { result } from "./result.js";
import { Run } from "./run.js";
import { Sheet, described } from "./columns.js";
import { Source } from "./source.js";

const FIRST_ROWS_SHOWN = 8;
const BROKEN_ROWS_SHOWN = 12;

class Cancelled extends Error {}

class Work {
  #source;
  #sheet;
  #model;
  #abort = new AbortController();
  #again = () => {};

  async inspect({ file, manifest, address }) {
    this.#model = { api: new Api(address), manifest };
    const { features } = manifest.signature;
    const seen = { rows: 0, broken: 0, empty: 0, sample: [], header: [], problem: "", absent: [] };
    try {
      this.#source = await Source.of(file, dialectOf(manifest.signature));
      for await (const slice of this.#source.slices()) for (const cells of slice) this.#see(cells, seen, features);
      if (!this.#sheet) seen.problem = "The file is empty.";
      else if (!seen.problem && !seen.rows) seen.problem = "The file has a first line and no rows under it.";
    } catch (error) {
      seen.problem = unreadable(error, seen.rows);
    }
    postMessage({ inspected: seen });
  }

  #see(cells, seen, features) {
    if (!this.#sheet) {
      this.#sheet = new Sheet(cells, features, this.#source.layout.delimiter, this.#source.dialect);
      return Object.assign(seen, { header: cells, problem: this.#sheet.problem, absent: this.#sheet.absent });
    }
    const { isEmpty = false, errors } = this.#sheet.read(cells);
    seen.rows += 1;
    if (isEmpty) seen.empty += 1;
    if (errors.length) seen.broken += 1;
    const isShown = seen.rows <= FIRST_ROWS_SHOWN || (errors.length && seen.sample.length < FIRST_ROWS_SHOWN + BROKEN_ROWS_SHOWN);
    if (isShown) seen.sample.push({ number: seen.rows, cells, errors });
  }

  async run() {
    const run = new Run({
      predict: (instances) => this.#predict(instances),
      failed: (problem) => this.#failed(problem),
      progressed: (done) => postMessage({ progress: done }),
    });
    const isWhole = await this.#feed(run);
    const file = await result(this.#source, run, isWhole, this.#model.manifest.signature);
    postMessage({ done: { file, isWhole, predicted: run.predictions.size, refused: run.errors.size } });
  }

  cancel() {
    this.#abort.abort();
    this.#again();
  }

  again() {
    this.#again();
  }

  // Returns whether all rows went through.
  async #feed(run) {
    this.#abort = new AbortController();
    let row = -1;
    try {
      for await (const slice of this.#source.slices()) {
        for (const cells of slice) {
          if (row >= 0) await this.#put(run, row, cells);
          row += 1;
        }
      }
      await run.flush();
      return true;
    } catch (error) {
      if (this.#abort.signal.aborted) return false;
      throw error;
    }
  }

  async #put(run, row, cells) {
    if (this.#abort.signal.aborted) throw new Cancelled();
    const { isEmpty = false, instance, errors } = this.#sheet.read(cells);
    if (isEmpty) return;
    if (errors.length) run.refuse(row, described(errors));
    else await run.add(row, instance);
  }

  async #predict(instances) {
    const { api, manifest } = this.#model;
    return (await api.predict(manifest, instances, this.#abort.signal)).predictions;
  }

  // Waits until the page says whether to go on.
  async #failed({ message, retryAfter = null }) {
    if (this.#abort.signal.aborted) throw new Cancelled();
    postMessage({ failed: { message, retryAfter } });
    await new Promise((resolve) => (this.#again = resolve));
    if (this.#abort.signal.aborted) throw new Cancelled();
  }
}

function unreadable(error, rows) {
  if (error instanceof UnclosedQuote) return `A quote that opens after row ${rows} is never closed.`;
  if (error instanceof Unreadable) return error.message;
  return `The file cannot be read. ${error.message}`;
}

const work = new Work();
const acts = {
  inspect: (order) => work.inspect(order),
  run: () => work.run(),
  again: () => work.again(),
  cancel: () => work.cancel(),
};

// A fault is thrown where the page hears of it.
onmessage = ({ data: [act, order] }) =>
  Promise.resolve(acts[act](order)).catch((error) =>
    setTimeout(() => {
      throw error;
    }),
  );
