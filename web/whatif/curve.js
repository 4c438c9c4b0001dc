// A curve with axes, drawn as SVG; a point on it follows the pointer and the arrow keys.

import { drawing, element } from "../dom.js";
import { brief, quantity } from "../format.js";
import { ticks } from "../rounding.js";
import { Scale } from "./scale.js";

const HEIGHT = 300;
const MARGIN = { top: 26, right: 18, bottom: 42, left: 66 };
const JUMPS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10, Home: -Infinity, End: Infinity };

export class Curve {
  #container;
  #moved;
  #taken;
  #slider = element("div", { role: "slider", tabIndex: 0, className: "plot" });
  #plot = null;
  #at = 0;
  #probe;

  // `moved` gets the point that is read, `taken` the one that was clicked or entered.
  constructor(container, { moved, taken }) {
    this.#container = container;
    this.#moved = moved;
    this.#taken = taken;
    container.replaceChildren(this.#slider);
    this.#slider.addEventListener("keydown", (event) => this.#press(event));
    this.#slider.addEventListener("pointermove", (event) => this.#point(event));
    this.#slider.addEventListener("pointerleave", () => this.#plot && this.#read(this.#start));
    this.#slider.addEventListener("click", () => this.#plot && this.#taken(this.#reading));
    new ResizeObserver(() => this.#plot && this.#paint()).observe(container);
    this.clear();
  }

  clear() {
    this.#plot = null;
    this.#slider.replaceChildren();
    Object.assign(this.#slider, { ariaLabel: "The curve; it comes with the answer", ariaValueNow: "0", ariaValueText: "no curve yet" });
    this.#slider.ariaDisabled = "true";
  }

  // `current` is null where the feature was left empty; `seen` is its range in training.
  draw(plot) {
    this.#plot = plot;
    this.#slider.ariaDisabled = "false";
    this.#slider.ariaLabel = `${plot.y.title} by ${plot.x.title}; arrow keys read, Enter takes the value over`;
    this.#slider.ariaValueMin = plot.points[0].x;
    this.#slider.ariaValueMax = plot.points.at(-1).x;
    this.#paint();
  }

  get #reading() {
    return this.#plot.points[this.#at];
  }

  // Where reading starts: at the point nearest to the current value.
  get #start() {
    return this.#plot.current ? this.#nearest(this.#plot.current.x) : Math.floor(this.#plot.points.length / 2);
  }

  #nearest(x) {
    const distances = this.#plot.points.map((point) => Math.abs(point.x - x));
    return distances.indexOf(Math.min(...distances));
  }

  #press(event) {
    if (!this.#plot) return;
    if (event.key === "Enter") this.#taken(this.#reading);
    const jump = JUMPS[event.key];
    if (jump === undefined) return;
    event.preventDefault();
    this.#read(this.#at + jump);
  }

  #point(event) {
    if (!this.#plot) return;
    const x = event.clientX - this.#slider.getBoundingClientRect().left;
    this.#read(this.#nearest(this.#scales.x.invert(x)));
  }

  #read(position) {
    this.#at = Math.min(Math.max(position, 0), this.#plot.points.length - 1);
    const point = this.#reading;
    const { x, y } = this.#scales;
    this.#probe.setAttribute("transform", `translate(${x.at(point.x)} ${y.at(point.y)})`);
    this.#slider.ariaValueNow = point.x;
    this.#slider.ariaValueText = `${quantity(point.x, this.#plot.x.unit)}: ${quantity(point.y, this.#plot.y.unit)}`;
    this.#moved(point);
  }

  get #scales() {
    const { points, current } = this.#plot;
    const width = this.#container.clientWidth;
    const ys = [...points, ...(current ? [current] : [])].map(({ y }) => y);
    return {
      x: new Scale(points[0].x, points.at(-1).x, MARGIN.left, width - MARGIN.right),
      y: Scale.padded(Math.min(...ys), Math.max(...ys), HEIGHT - MARGIN.bottom, MARGIN.top),
    };
  }

  #paint() {
    const width = this.#container.clientWidth;
    const scales = this.#scales;
    this.#probe = drawing("g", { class: "probe" }, drawing("circle", { r: 5 }));
    const picture = drawing("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT, "aria-hidden": "true" });
    picture.append(...this.#seenRange(scales), ...this.#axes(scales, width), this.#line(scales), ...this.#current(scales), this.#probe);
    this.#slider.replaceChildren(picture);
    this.#read(this.#start);
  }

  // The part where the model knows what it says, if the curve goes beyond it.
  #seenRange({ x }) {
    const { points, seen } = this.#plot;
    const [left, right] = [seen.minimum, seen.maximum].map((end) => Math.round(x.at(end)));
    if (left <= MARGIN.left && right >= Math.floor(x.at(points.at(-1).x))) return [];
    const height = HEIGHT - MARGIN.top - MARGIN.bottom;
    return [drawing("rect", { class: "seen", x: left, width: right - left, y: MARGIN.top, height })];
  }

  #axes({ x, y }, width) {
    const { x: across, y: up } = this.#plot;
    const bottom = HEIGHT - MARGIN.bottom;
    const right = width - MARGIN.right;
    const rows = ticks(y.from, y.to, 4).flatMap((value) => [
      drawing("path", { class: value === 0 ? "zero" : "grid", d: `M${MARGIN.left} ${y.at(value)}H${right}` }),
      drawing("text", { x: MARGIN.left - 8, y: y.at(value) + 4, "text-anchor": "end" }, brief(value, up.unit)),
    ]);
    const columns = ticks(x.from, x.to, Math.max(2, width / 110)).flatMap((value) => [
      drawing("path", { class: "tick", d: `M${x.at(value)} ${bottom}v5` }),
      drawing("text", { x: x.at(value), y: bottom + 18, "text-anchor": "middle" }, brief(value, across.unit)),
    ]);
    return [
      ...rows,
      ...columns,
      drawing("path", { class: "axis", d: `M${MARGIN.left} ${bottom}H${right}` }),
      drawing("text", { class: "name", x: 0, y: 12 }, named(up)),
      drawing("text", { class: "name", x: right, y: HEIGHT - 6, "text-anchor": "end" }, named(across)),
    ];
  }

  #line({ x, y }) {
    const places = this.#plot.points.map((point) => `${x.at(point.x).toFixed(1)} ${y.at(point.y).toFixed(1)}`);
    return drawing("path", { class: "curve", d: `M${places.join("L")}` });
  }

  #current({ x, y }) {
    const { current } = this.#plot;
    if (!current) return [];
    const [left, top] = [x.at(current.x), y.at(current.y)];
    return [
      drawing("path", { class: "drop", d: `M${left} ${HEIGHT - MARGIN.bottom}V${top}` }),
      drawing("circle", { class: "current", cx: left, cy: top, r: 7 }),
    ];
  }
}

const named = ({ title, unit }) => (unit ? `${title} (${unit})` : title);
