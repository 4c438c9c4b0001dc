// Predicts many instances in requests of a size the API takes; what it refuses is told row by row, the rest goes on.

const MOST_ROWS = 5_000;
// Below the API's 5,000,000 bytes, for what is around the instances.
const MOST_BYTES = 4_900_000;
const TOO_LARGE = 413;

const encoder = new TextEncoder();
const sizeOf = (instance) => encoder.encode(JSON.stringify(instance)).length + 1;

export class Run {
  #predict;
  #failed;
  #progressed;
  #waiting = [];
  #bytes = 0;
  #most = MOST_ROWS;

  predictions = new Map();
  errors = new Map();

  // `predict` asks the API; `failed` resolves when a request that failed is to be tried again, or rejects.
  constructor({ predict, failed, progressed }) {
    this.#predict = predict;
    this.#failed = failed;
    this.#progressed = progressed;
  }

  async add(row, instance) {
    const bytes = sizeOf(instance);
    if (this.#waiting.length && (this.#waiting.length >= this.#most || this.#bytes + bytes > MOST_BYTES)) await this.flush();
    this.#waiting.push({ row, instance });
    this.#bytes += bytes;
  }

  refuse(row, message) {
    this.errors.set(row, message);
  }

  async flush() {
    const asked = this.#waiting;
    this.#waiting = [];
    this.#bytes = 0;
    if (asked.length) await this.#ask(asked);
  }

  async #ask(asked) {
    for (;;) {
      try {
        const answers = await this.#predict(asked.map(({ instance }) => instance));
        asked.forEach(({ row }, position) => this.predictions.set(row, answers[position]));
        return this.#progressed(this.predictions.size + this.errors.size);
      } catch (problem) {
        const rows = (problem.errors ?? []).filter(({ row }) => Number.isInteger(row) && row < asked.length);
        if (problem.status === TOO_LARGE) return this.#halve(asked, problem);
        if (rows.length) return this.#goOnWithout(rows, asked);
        await this.#failed(problem);
      }
    }
  }

  // Something on the way takes less than the API does.
  async #halve(asked, problem) {
    if (asked.length === 1) return this.refuse(asked[0].row, problem.message);
    const middle = Math.ceil(asked.length / 2);
    this.#most = Math.min(this.#most, middle);
    await this.#ask(asked.slice(0, middle));
    await this.#ask(asked.slice(middle));
  }

  async #goOnWithout(rows, asked) {
    for (const { row, message } of rows) {
      const known = this.errors.get(asked[row].row);
      this.refuse(asked[row].row, known ? `${known} ${message}` : message);
    }
    const others = asked.filter(({ row }) => !this.errors.has(row));
    if (others.length) await this.#ask(others);
  }
}
