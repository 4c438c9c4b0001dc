// What openapi.json says of one model: where it answers, examples, its features, predictions and refusals.

export class Description {
  #document;

  constructor(document) {
    this.#document = document;
  }

  // Nothing, if the model does not serve.
  of(name) {
    const path = `/models/${name}/predict`;
    const operation = Object.hasOwn(this.#document.paths, path) ? this.#document.paths[path].post : null;
    if (!operation) return null;
    const request = this.#schema(operation.requestBody);
    const answer = this.#schema(operation.responses[200]);
    // The one that a request gets that asks for nothing else.
    const labels = (answer.oneOf ?? answer.anyOf ?? [answer]).map((one) => this.#resolve(one)).find(({ examples }) => examples);
    return {
      path,
      title: operation.summary,
      description: operation.description,
      examples: Object.fromEntries(request.examples.map((example) => [example.output ?? "predict", written(example)])),
      answer: labels.examples.map(written)[0] ?? "",
      features: this.#rows(request.properties.instances.items),
      predictions: this.#rows(labels.properties.predictions.items),
      refusals: Object.entries(operation.responses)
        .filter(([status]) => status !== "200")
        .map(([status, told]) => [status, this.#resolve(told).description]),
    };
  }

  #schema({ content }) {
    return this.#resolve(Object.values(content)[0].schema);
  }

  // A row for each member: its name, type, limits, and what it is.
  #rows(reference) {
    const schema = this.#resolve(reference);
    if (schema.type !== "object") return [["prediction", ...words(schema, true)]];
    return Object.entries(schema.properties).map(([name, member]) => [name, ...words(member, schema.required.includes(name))]);
  }

  #resolve(part) {
    if (!part.$ref) return part;
    const steps = part.$ref.slice(2).split("/");
    return steps.reduce((found, step) => found[step], this.#document);
  }
}

export const written = (value) => JSON.stringify(value, null, 2);

function words({ type, title = "", description = "", "x-unit": unit, ...limits }, required) {
  const types = [type].flat().join(" or ");
  const about = [title, description].filter(Boolean).join(": ");
  return [unit ? `${types} (${unit})` : types, [...said(limits), ...(required ? [] : ["may be left out"])].join(", "), about];
}

function* said({ enum: choices, minimum, maximum, maxLength, default: usual }) {
  if (choices) yield choices.map((choice) => JSON.stringify(choice)).join(", ");
  // Beyond it a whole number is not exact, which nobody needs to be told.
  if (minimum > -Number.MAX_SAFE_INTEGER) yield `at least ${minimum}`;
  if (maximum < Number.MAX_SAFE_INTEGER) yield `at most ${maximum}`;
  if (maxLength !== undefined) yield `at most ${maxLength} characters`;
  if (usual !== undefined) yield `${JSON.stringify(usual)} if left out`;
}
