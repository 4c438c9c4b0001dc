// A chosen file as rows of texts: finds out its encoding and layout, and reads it slice by slice, as often as needed.

import { CsvReader, LONGEST_ROW, Unreadable, startOf } from "./csv.js";

const MARKS = [
  { encoding: "utf-8", bytes: [0xef, 0xbb, 0xbf] },
  { encoding: "utf-16le", bytes: [0xff, 0xfe] },
  { encoding: "utf-16be", bytes: [0xfe, 0xff] },
];
// Their first two bytes are UTF-16's mark, or none.
const UTF_32 = [[0xff, 0xfe, 0, 0], [0, 0, 0xfe, 0xff]];
const PACKED = [0x1f, 0x8b];
// So many of a file's bytes tell whether it is text.
const HEAD_BYTES = 1024;
// Bytes that cp1252 has no letter for, and a browser a control character.
const NO_LETTER = /[\x81\x8d\x8f\x90\x9d]/;
// The first slice has the whole header; parts of a packed file may be short.
const SHORTEST_SLICE = 65_536;

export class Source {
  // By a byte order mark; without one it is the text that the model's files are, or UTF-8, or an older Excel's.
  static async of(file, dialect) {
    const isPacked = beginsWith(new Uint8Array(await file.slice(0, 2).arrayBuffer()), PACKED);
    const source = Object.assign(new Source(), { file, isPacked, dialect, layout: null });
    const first = [];
    for await (const bytes of source.#bytes()) {
      first.push(...bytes.subarray(0, HEAD_BYTES - first.length));
      if (first.length >= HEAD_BYTES) break;
    }
    if (UTF_32.some((mark) => beginsWith(first, mark))) throw new Unreadable("The file is UTF-32 text, which is not read; save it as UTF-8.");
    const mark = MARKS.find(({ bytes }) => beginsWith(first, bytes));
    if (!mark) refuseZeros(first);
    source.encoding = mark?.encoding ?? (await source.#unmarked());
    source.isMarked = mark !== undefined || source.encoding !== "utf-8";
    return source;
  }

  // Yields arrays of rows, the header in front of the first.
  async *slices() {
    let reader;
    for await (const text of this.#texts(this.encoding)) {
      this.layout ??= startOf(text, this.dialect);
      const begun = reader !== undefined;
      reader ??= new CsvReader(this.layout.delimiter, this.dialect.spaces_before_quotes);
      yield reader.push(begun ? text : text.slice(this.layout.said.length));
    }
    if (reader) yield reader.end();
  }

  async #unmarked() {
    const { isUtf8, isAscii } = await this.#looked();
    const sealed = this.dialect.encoding;
    if (isAscii || sealed === "utf-8") {
      if (isUtf8) return "utf-8";
      throw new Unreadable("The file is not UTF-8 text, as this model's files are; save it as such.");
    }
    if (sealed === "cp1252" && isUtf8)
      throw new Unreadable(
        "The file is UTF-8 text or cp1252, as this model's files are, and nothing tells which; save it as UTF-8 with a byte order mark, which Excel calls CSV UTF-8.",
      );
    return isUtf8 ? "utf-8" : "windows-1252";
  }

  async #looked() {
    const decoder = new TextDecoder("utf-8", { fatal: true });
    let isAscii = true;
    try {
      for await (const bytes of this.#bytes()) {
        isAscii &&= bytes.every((byte) => byte < 0x80);
        decoder.decode(bytes, { stream: true });
      }
      decoder.decode();
      return { isUtf8: true, isAscii };
    } catch (error) {
      if (error instanceof TypeError) return { isUtf8: false, isAscii: false };
      throw error;
    }
  }

  async *#texts(encoding) {
    const decoder = new TextDecoder(encoding, { fatal: true });
    let text = "";
    let shortest = LONGEST_ROW;
    const decoded = (bytes, options) => {
      try {
        return decoder.decode(bytes, options);
      } catch {
        const said = encoding.slice(0, 6).toUpperCase();
        throw new Unreadable(`The file is not the ${said} text that its first bytes announce; save it as UTF-8.`);
      }
    };
    for await (const bytes of this.#bytes()) {
      text += decoded(bytes, { stream: true });
      if (text.length < shortest) continue;
      yield this.#checked(text);
      text = "";
      shortest = SHORTEST_SLICE;
    }
    text += decoded();
    if (text) yield this.#checked(text);
  }

  #checked(text) {
    if (this.encoding === "windows-1252" && NO_LETTER.test(text))
      throw new Unreadable("The file is text neither in UTF-8 nor in cp1252; save it as UTF-8.");
    return text;
  }

  async *#bytes() {
    const stream = this.file.stream();
    const reader = (this.isPacked ? stream.pipeThrough(new DecompressionStream("gzip")) : stream).getReader();
    try {
      for (let slice = await this.#read(reader); !slice.done; slice = await this.#read(reader)) yield slice.value;
    } finally {
      await reader.cancel().catch(() => {});
    }
  }

  async #read(reader) {
    try {
      return await reader.read();
    } catch (error) {
      if (this.isPacked) throw new Unreadable("The file is packed by gzip, and damaged; pack it again.");
      throw error;
    }
  }
}

// No text begins with them, but UTF-16.
function refuseZeros(head) {
  const zeros = head.flatMap((byte, place) => (byte ? [] : [place % 2]));
  // Half of each Latin letter is a zero byte; in other scripts, of each delimiter, digit and line end.
  if (zeros.length * 16 > head.length && new Set(zeros).size === 1)
    throw new Unreadable("The file looks like UTF-16 text without a byte order mark, which is not read; save it as UTF-8, or with the mark.");
  if (zeros.length) throw new Unreadable("The file has zero bytes, which no text has; it may be a spreadsheet or an archive. Save its table as CSV in UTF-8.");
}

const beginsWith = (bytes, wanted) => wanted.every((byte, place) => bytes[place] === byte);
