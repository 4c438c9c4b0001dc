// What the cells of a file mean, by the dialect that is sealed in the model's signature; as picklejar/cells has it in
// Python, to which one table of cases holds both.

// Of a signature without a dialect, and of what one does not say.
const UNDESCRIBED = {
  encoding: null,
  delimiter: null,
  spaces_before_quotes: false,
  names: "stripped",
  trim: "choices",
  decimal: null,
  thousands: "",
  signs: {},
  missing: [],
  missing_in_texts: false,
  yes: ["true", "yes", "1"],
  no: ["false", "no", "0"],
};
const GROUPS = { ",": ",", ".": "\\.", " ": "[ \u00a0\u2009\u202f]", "'": "['\u2019]" };
const PLAIN = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const GROUPED = /^[+-]?[1-9]\d{0,2}[.,]\d{3}$/;
const LEAST_GROUPED = 1000;
const COMMA = /^[+-]?\d+,\d+$/;
const FORMULA = /^'*[=+\-@\t\r]/;

export const dialectOf = ({ dialect = {} }) => ({ ...UNDESCRIBED, ...dialect });

// What turns a cell into a value: null is missing, NaN is unreadable.
export function readerOf(feature, dialect, delimiter, sign = "") {
  if (feature.type === "string") return textReader(feature.enum, dialect);
  const number = feature.type === "boolean" ? booleanReader(dialect) : numberReader(dialect, delimiter, sign);
  const read = feature.type === "integer" && dialect.decimal !== null ? ungrouped(number) : number;
  const missing = new Set(dialect.missing);
  return (cell) => {
    const written = cell.trim();
    return written === "" || missing.has(written) ? null : read(written);
  };
}

// Whether a row has nothing in it, and so means nothing; in one column, that is a missing value.
export const isEmpty = (cells, columns) => columns > 1 && cells.every((cell) => cell.trim() === "");

// The columns' names, as many as cells.
export function namesOf(header, dialect) {
  if (dialect.names === "pandas") return asPandas(header);
  return header.map((name) => (dialect.names === "spaced" ? name.trim().replaceAll(/\s+/g, " ") : name.trim()));
}

// A cell of what this page writes: a number as the file's are, a text with a quote before what a spreadsheet would take
// for a formula.
export function cellOf(value, dialect) {
  const text = String(value);
  if (typeof value === "number") return dialect.decimal === "," ? text.replace(".", ",") : text;
  return FORMULA.test(text) ? `'${text}` : text;
}

export const fromCell = (cell) => (cell.startsWith("'") && FORMULA.test(cell) ? cell.slice(1) : cell);

function textReader(choices, dialect) {
  const isTrimmed = dialect.trim === "all" || (dialect.trim === "choices" && choices !== undefined);
  // A text of nothing but spaces is missing, but to pandas.
  const isBlank = dialect.trim !== "none";
  const missing = new Set(dialect.missing_in_texts ? dialect.missing : []);
  const known = new Set(choices);
  return (cell) => {
    // A word for missing that is a category is that.
    const trimmed = cell.trim();
    if ((isBlank ? trimmed : cell) === "" || (missing.has(cell) && !known.has(cell))) return null;
    const text = isTrimmed ? trimmed : cell;
    // Of the free texts of pandas, and of models that nobody described, a quote is a part.
    const isGuarded = !known.has(text) && (dialect.trim === "all" || known.has(fromCell(text)));
    return isGuarded ? fromCell(text) : text;
  };
}

function booleanReader({ yes, no }) {
  const words = new Map([...no.map((word) => [word, false]), ...yes.map((word) => [word, true])]);
  return (written) => words.get(written.toLowerCase()) ?? NaN;
}

function numberReader({ decimal, thousands }, delimiter, sign) {
  const read = decimal === null ? (delimiter === "," ? plain : withComma) : marked(decimal, thousands);
  return sign ? signed(read, sign) : read;
}

// No whole number of the data set had a decimal mark: 1.000 may be a thousand.
const ungrouped = (read) => (written) => {
  const number = read(written);
  return Math.abs(number) < LEAST_GROUPED && GROUPED.test(written) ? NaN : number;
};

function plain(written) {
  const number = PLAIN.test(written) ? Number(written) : NaN;
  return Number.isFinite(number) ? number : NaN;
}

const withComma = (written) => plain(COMMA.test(written) ? written.replace(",", ".") : written);

function marked(decimal, thousands) {
  const group = GROUPS[thousands] ?? "(?!)";
  const pattern = new RegExp(`^([+-]?(?:\\d+|[1-9]\\d{0,2}(?:${group}\\d{3})+)?)(?:${GROUPS[decimal]}(\\d*))?(e[+-]?\\d+)?$`, "i");
  const groups = new RegExp(group, "g");
  return (written) => {
    const [, whole, fraction = "", exponent = ""] = pattern.exec(written) ?? [];
    return whole === undefined ? NaN : plain(`${whole.replaceAll(groups, "")}.${fraction}${exponent}`);
  };
}

function signed(read, sign) {
  const mark = sign === "$" ? "\\$" : sign;
  const pattern = new RegExp(`^(?:([+-]?)${mark}\\s*(.+)|(.+?)\\s*${mark})$`, "s");
  return (written) => {
    const [, minus, after, before] = pattern.exec(written) ?? [];
    // 0.196 may be a share where every number was a percentage; an amount is one without its currency.
    if (before === undefined && after === undefined) return sign === "%" ? NaN : read(written);
    return read(before ?? minus + after);
  };
}

// What `pandas.read_csv` calls columns without a name, or with another's.
function asPandas(header) {
  const names = header.map((name, place) => name || `Unnamed: ${place}`);
  const counts = new Map();
  const count = (name) => counts.get(name) ?? 0;
  const places = [...header.keys()];
  // Given names keep theirs, whatever an unnamed column would be called.
  for (const place of [...places.filter((at) => header[at]), ...places.filter((at) => !header[at])]) {
    const name = names[place];
    for (let number = count(name); number > 0; ) {
      counts.set(name, number + 1);
      const numbered = `${name}.${number}`;
      number = names.includes(numbered) ? number + 1 : count(numbered);
      names[place] = numbered;
    }
    counts.set(names[place], count(names[place]) + 1);
  }
  return names;
}
