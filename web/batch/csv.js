// CSV as RFC 4180 has it, read in slices of any length: quotes, doubled quotes, line breaks within quotes, any line end.

// A cell is SPACED where spaces before it were left out.
const [START, SPACED, PLAIN, QUOTED, QUOTE] = ["start", "spaced", "plain", "quoted", "quote"];
export const DELIMITER_NAMES = { ",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars" };
const DELIMITERS = Object.keys(DELIMITER_NAMES);
// In UTF-8, without its line end, as picklejar/cells has it; the header is a row, too.
export const LONGEST_ROW = 1_048_576;
const MOST_BYTES_OF_A_UNIT = 3;

const encoder = new TextEncoder();

export class CsvReader {
  #delimiter;
  #skipsSpaces;
  #state = START;
  #afterReturn = false;
  #cell = "";
  #row = [];
  // Of all rows before, the header with them, and of this row in slices before.
  #count = 0;
  #bytes = 0;

  constructor(delimiter, skipsSpaces = false) {
    this.#delimiter = delimiter;
    this.#skipsSpaces = skipsSpaces;
  }

  // Takes the next slice of the text and returns the rows it completes; empty lines are none. Raises for a row that is
  // too long.
  push(text) {
    const rows = [];
    let from = 0;
    let begin = 0;
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
      } else if (sign === " " && this.#skipsSpaces && this.#isBefore) {
        this.#state = SPACED;
      } else if (sign === '"' && this.#isBefore) {
        this.#state = QUOTED;
        from = at + 1;
      } else if (sign === this.#delimiter) {
        this.#endCell(text, from, at);
      } else if (sign === "\n" || sign === "\r") {
        const isSecondHalf = sign === "\n" && this.#afterReturn;
        this.#measure(text, begin, at);
        if (!isSecondHalf) this.#endRow(rows, text, from, at);
        begin = at + 1;
        this.#bytes = 0;
      } else if (this.#state !== PLAIN) {
        this.#state = PLAIN;
        from = at;
      }
      this.#afterReturn = sign === "\r";
    }
    if (this.#state === PLAIN || this.#state === QUOTED) this.#cell += text.slice(from);
    this.#measure(text, begin, text.length);
    this.#bytes += encoder.encode(text.slice(begin)).length;
    return rows;
  }

  // Returns the last row, where no line end followed it; raises where a quote was never closed.
  end() {
    if (this.#state === QUOTED) throw new UnclosedQuote();
    const rows = [];
    if (this.#state !== START || this.#row.length) this.#endRow(rows, "", 0, 0);
    return rows;
  }

  get #isBefore() {
    return this.#state === START || this.#state === SPACED;
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
    if (!isEmpty) {
      rows.push(this.#row);
      this.#count += 1;
    }
    this.#row = [];
  }

  #measure(text, begin, end) {
    if (this.#bytes + MOST_BYTES_OF_A_UNIT * (end - begin) <= LONGEST_ROW) return;
    if (this.#bytes + encoder.encode(text.slice(begin, end)).length <= LONGEST_ROW) return;
    const place = this.#count ? `Row ${this.#count}` : "The first line";
    throw new Unreadable(`${place} has more than ${LONGEST_ROW.toLocaleString("en")} bytes in UTF-8; close its quote, where one is left open, or shorten it.`);
  }
}

export class UnclosedQuote extends Error {}
// A file that is not text as the model's files are, with a sentence for whoever chose it.
export class Unreadable extends Error {}

// How a text without its mark begins: the delimiter, the first line's end, and the line `sep=;` before it, if any.
export function startOf(text, dialect) {
  const [said = "", told = null] = /^sep=(.)(?:\r\n|\r|\n|$)/.exec(text) ?? [];
  const sniffed = sniff(text.slice(said.length).replace(/^[\r\n]+/, ""));
  if (told !== null && !DELIMITERS.includes(told))
    throw new Unreadable(`The file's first line says that “${told}” parts its cells, which is not read.`);
  if (dialect.delimiter !== null && told !== null && told !== dialect.delimiter)
    throw new Unreadable(
      `The file's cells are parted by ${DELIMITER_NAMES[told]}, and those of this model's files by ${DELIMITER_NAMES[dialect.delimiter]}.`,
    );
  return { said, delimiter: dialect.delimiter ?? told ?? sniffed.delimiter, newline: sniffed.newline };
}

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
