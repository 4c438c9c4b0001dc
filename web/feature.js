// One feature: what a text means, and which rule a value breaks.

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const BOOLEANS = new Map([["true", true], ["yes", true], ["1", true], ["false", false], ["no", false], ["0", false]]);
// The API takes no longer texts than these, and of words that are counted.
const LONGEST_TEXT = 1000;
const LONGEST_PROSE = 20000;
const LONGEST_LIST = 300;

export const isNumeric = ({ type }) => type !== "string" && type !== "boolean";
// A text of several lines, whose words are counted.
export const isProse = ({ format }) => format === "text";
export const longestOf = (feature) => feature.maxLength ?? (isProse(feature) ? LONGEST_PROSE : LONGEST_TEXT);
// The values to choose from, if there are only a few.
export const choicesOf = ({ type, enum: choices }) => (type === "boolean" ? [true, false] : choices);
export const isOptional = (feature) => feature.nullable || feature.default !== undefined;

// What a text means: undefined sends nothing, null is missing, NaN is unreadable.
export function valueOf(feature, text) {
  const written = text.trim();
  if (isProse(feature)) return text === "" && feature.default !== undefined ? undefined : text;
  if (written === "") return feature.nullable ? null : undefined;
  if (feature.type === "string") return feature.enum ? written : text;
  if (feature.type === "boolean") return BOOLEANS.get(written.toLowerCase()) ?? NaN;
  const number = NUMBER.test(written) ? Number(written) : NaN;
  return Number.isFinite(number) ? number : NaN;
}

// The sentence that says which rule `value` breaks, or nothing.
export function broken(feature, value) {
  if (value === undefined) return feature.default === undefined ? "is missing" : "";
  if (value === null) return "";
  if (Number.isNaN(value)) return feature.type === "boolean" ? "must be yes or no" : "must be a number, written like " + feature.example;
  if (feature.enum) return feature.enum.includes(value) ? "" : `must be one of ${short(feature.enum.join(", "))}`;
  if (feature.type === "string") return [...value].length > longestOf(feature) ? `must have at most ${longestOf(feature)} characters` : "";
  if (feature.type === "integer" && !Number.isInteger(value)) return "must be a whole number";
  if (value < feature.minimum) return `must be at least ${feature.minimum}`;
  if (value > feature.maximum) return `must be at most ${feature.maximum}`;
  return "";
}

// All that a model predicts; most predict one target.
export const targetsOf = ({ target, further_targets: others = [] }) => [target, ...others];

// A value as people say it.
export const said = (value) => (typeof value === "boolean" ? (value ? "yes" : "no") : value);

export const short = (text) => (text.length > LONGEST_LIST ? `${text.slice(0, LONGEST_LIST)}…` : text);

// "must be at least 0" -> "Must be at least 0."; the label says the feature's name already.
export function asSentence(message, name = "") {
  const text = message.startsWith(`${name} `) ? message.slice(name.length + 1) : message;
  if (/^is missing\.?$/.test(text)) return "Enter a value.";
  return text[0].toUpperCase() + text.slice(1).replace(/\.?$/, ".");
}

export function whenEmpty(feature) {
  if (isProse(feature)) return "";
  if (feature.default !== undefined) return `Left empty: counts as ${said(feature.default)}.`;
  if (feature.nullable) return `${choicesOf(feature) ? "Unknown" : "Left empty"}: ${feature.when_missing ?? "treated as missing"}.`;
  return "";
}
