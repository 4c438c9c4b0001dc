// Maps numbers `from` to `to` onto pixels, and back.

// So much of the range is left free above and below a curve.
const PADDING = 0.06;

export class Scale {
  constructor(from, to, start, end) {
    Object.assign(this, { from, to, start, end });
  }

  // A range of its own for a curve that is flat.
  static padded(from, to, start, end) {
    const room = to > from ? (to - from) * PADDING : Math.abs(from) * PADDING || 1;
    return new Scale(from - room, to + room, start, end);
  }

  at(value) {
    return this.start + ((value - this.from) / (this.to - this.from)) * (this.end - this.start);
  }

  invert(pixels) {
    return this.from + ((pixels - this.start) / (this.end - this.start)) * (this.to - this.from);
  }
}
