// One feature of the signature: what a text written for it means, and which of its rules a value breaks.

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const DECIMAL_COMMA = /^[+-]?\d+,\d+$/;

export const isNumeric = (feature) => !feature.enum && feature.type !== "string";
export const isOptional = (feature) => feature.nullable || feature.default !== undefined;

// What a text stands for: undefined where nothing is to be sent, null for missing, NaN where it is no number.
export function valueOf(feature, text, decimal = ".") {
  const written = text.trim();
  if (written === "") return feature.nullable ? null : undefined;
  if (feature.enum) return feature.enum.find((choice) => String(choice) === written) ?? written;
  if (!isNumeric(feature)) return written;
  const pointed = decimal === "," && DECIMAL_COMMA.test(written) ? written.replace(",", ".") : written;
  const number = NUMBER.test(pointed) ? Number(pointed) : NaN;
  return Number.isFinite(number) ? number : NaN;
}

// The sentence that says which rule `value` breaks, or nothing.
export function broken(feature, value) {
  if (value === undefined) return feature.default === undefined ? "is missing" : "";
  if (value === null) return "";
  if (Number.isNaN(value)) return "must be a number, written like " + feature.example;
  if (feature.enum) return feature.enum.includes(value) ? "" : `must be one of ${feature.enum.join(", ")}`;
  if (feature.type === "integer" && !Number.isInteger(value)) return "must be a whole number";
  if (value < feature.minimum) return `must be at least ${feature.minimum}`;
  if (value > feature.maximum) return `must be at most ${feature.maximum}`;
  return "";
}

// "must be at least 0" -> "Must be at least 0."; the API's sentences begin with the feature's name, which a label says.
export function asSentence(message, name = "") {
  const text = message.startsWith(`${name} `) ? message.slice(name.length + 1) : message;
  return text[0].toUpperCase() + text.slice(1).replace(/\.?$/, ".");
}

export function whenEmpty(feature) {
  if (feature.default !== undefined) return `Left empty, it counts as ${feature.default}.`;
  if (feature.nullable) return `Left empty, it ${feature.when_missing ?? "is passed on as missing"}.`;
  return "";
}
