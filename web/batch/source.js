// A chosen file as rows of texts: finds out its encoding and layout, and reads it slice by slice, as often as needed.

import { CsvReader, sniff } from "./csv.js";

const BYTE_ORDER_MARKS = [
  { encoding: "utf-8", bytes: [0xef, 0xbb, 0xbf] },
  { encoding: "utf-16le", bytes: [0xff, 0xfe] },
  { encoding: "utf-16be", bytes: [0xfe, 0xff] },
];

export class Source {
  // Where the text is not an UTF-8 it comes from an older Excel.
  static async of(file) {
    const first = new Uint8Array(await file.slice(0, 3).arrayBuffer());
    const mark = BYTE_ORDER_MARKS.find(({ bytes }) => bytes.every((byte, position) => first[position] === byte));
    const encoding = mark?.encoding ?? ((await isUtf8(file)) ? "utf-8" : "windows-1252");
    return new Source(file, encoding, mark !== undefined || encoding !== "utf-8");
  }

  constructor(file, encoding, isMarked) {
    Object.assign(this, { file, encoding, isMarked, layout: null });
  }

  // Yields arrays of rows, the header in front of the first.
  async *slices() {
    let reader;
    for await (const text of texts(this.file, this.encoding)) {
      // A slice is at least thousands of characters long: the first holds the header.
      this.layout ??= sniff(text);
      reader ??= new CsvReader(this.layout.delimiter);
      yield reader.push(text);
    }
    if (reader) yield reader.end();
  }
}

async function isUtf8(file) {
  try {
    for await (const _ of texts(file, "utf-8")) continue;
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}

async function* texts(file, encoding) {
  const reader = file.stream().pipeThrough(new TextDecoderStream(encoding, { fatal: true })).getReader();
  try {
    for (let slice = await reader.read(); !slice.done; slice = await reader.read()) if (slice.value) yield slice.value;
  } finally {
    await reader.cancel().catch(() => {});
  }
}
