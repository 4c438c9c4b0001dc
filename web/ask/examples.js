// Examples: the version's golden rows, from its training.

// More digits than these nobody wants to read in a field.
const DIGITS = 6;

export class Examples {
  #api;
  #manifest;
  #rows;
  #last = -1;

  constructor(api, manifest) {
    this.#api = api;
    this.#manifest = manifest;
  }

  // A row other than the one before.
  async another() {
    this.#rows ??= (await this.#api.golden(this.#manifest)).instances;
    const others = this.#rows.length - (this.#last >= 0 ? 1 : 0);
    let chosen = Math.floor(Math.random() * others);
    if (this.#last >= 0 && chosen >= this.#last) chosen += 1;
    this.#last = this.#rows.length > 1 ? chosen : 0;
    return Object.fromEntries(Object.entries(this.#rows[this.#last]).map(([name, value]) => [name, readable(value)]));
  }
}

const readable = (value) => (typeof value === "number" ? Number(value.toPrecision(DIGITS)) : value);
