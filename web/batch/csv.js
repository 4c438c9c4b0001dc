// CSV as RFC 4180 has it, read in slices of any length: quotes, doubled quotes, line breaks within quotes, any line end.

const [START, PLAIN, QUOTED, QUOTE] = ["start", "plain", "quoted", "quote"];
const DELIMITERS = [",", ";", "\t"];

export class CsvReader {
  #delimiter;
  #state = START;
  #afterReturn = false;
  #cell = "";
  #row = [];

  constructor(delimiter) {
    this.#delimiter = delimiter;
  }

  // Takes the next slice of the text and returns the rows it completes; empty lines are none.
  push(text) {
    const rows = [];
    let from = 0;
    for (let at = 0; at < text.length; at++) {
      const sign = text[at];
      if (this.#state === QUOTED) {
        if (sign !== '"') continue;
        this.#cell += text.slice(from, at);
        this.#state = QUOTE;
      } else if (sign === '"' && this.#state === QUOTE) {
        this.#state = QUOTED;
        from = at;
        continue;
      } else if (sign === '"' && this.#state === START) {
        this.#state = QUOTED;
        from = at + 1;
      } else if (sign === this.#delimiter) {
        this.#endCell(text, from, at);
      } else if (sign === "\n" || sign === "\r") {
        const isSecondHalf = sign === "\n" && this.#afterReturn;
        if (!isSecondHalf) this.#endRow(rows, text, from, at);
      } else if (this.#state !== PLAIN) {
        this.#state = PLAIN;
        from = at;
      }
      this.#afterReturn = sign === "\r";
    }
    if (this.#state === PLAIN || this.#state === QUOTED) this.#cell += text.slice(from);
    return rows;
  }

  // Returns the last row, where no line end followed it; raises where a quote was never closed.
  end() {
    if (this.#state === QUOTED) throw new UnclosedQuote();
    const rows = [];
    if (this.#state !== START || this.#row.length) this.#endRow(rows, "", 0, 0);
    return rows;
  }

  #endCell(text, from, at) {
    if (this.#state === PLAIN) this.#cell += text.slice(from, at);
    this.#row.push(this.#cell);
    this.#cell = "";
    this.#state = START;
  }

  #endRow(rows, text, from, at) {
    const isEmpty = this.#state === START && this.#row.length === 0;
    this.#endCell(text, from, at);
    if (!isEmpty) rows.push(this.#row);
    this.#row = [];
  }
}

export class UnclosedQuote extends Error {}

// The delimiter that the first line has most of, outside quotes, and that line's end.
export function sniff(text) {
  const counts = new Map(DELIMITERS.map((delimiter) => [delimiter, 0]));
  let quoted = false;
  let at = 0;
  for (; at < text.length; at++) {
    if (text[at] === '"') quoted = !quoted;
    if (quoted) continue;
    if (text[at] === "\n" || text[at] === "\r") break;
    if (counts.has(text[at])) counts.set(text[at], counts.get(text[at]) + 1);
  }
  const delimiter = DELIMITERS.reduce((best, one) => (counts.get(one) > counts.get(best) ? one : best));
  return { delimiter, newline: text.startsWith("\r\n", at) ? "\r\n" : "\n" };
}

export function written(cells, { delimiter, newline }) {
  const special = (text) => /["\r\n]/.test(text) || text.includes(delimiter);
  return cells.map((text) => (special(text) ? `"${text.replaceAll('"', '""')}"` : text)).join(delimiter) + newline;
}
