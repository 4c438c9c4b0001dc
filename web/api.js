// The one module that talks to the API; every failure becomes a Problem with a sentence for people.

export class Problem extends Error {
  constructor(message, errors = []) {
    super(message);
    this.errors = errors;
  }
}

export class Api {
  #address;

  static async fromConfig() {
    const config = await read(() => fetch("config.json", { cache: "no-store" }));
    return new Api(config.api);
  }

  constructor(address) {
    this.#address = address.replace(/\/$/, "");
  }

  async models() {
    return (await this.#get("/models")).models;
  }

  model(name) {
    return this.#get(`/models/${encodeURIComponent(name)}`);
  }

  predict(name, instances) {
    return read(() =>
      fetch(`${this.#address}/models/${encodeURIComponent(name)}/predict`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ instances }),
      }),
    );
  }

  #get(path) {
    return read(() => fetch(this.#address + path));
  }
}

async function read(request) {
  const response = await answered(request);
  const content = await response.json().catch(() => null);
  if (response.ok && content !== null) return content;
  if (content?.title) throw new Problem(`${content.title}. ${content.detail}`, content.errors);
  throw new Problem(`The API answered ${response.status} with nothing this page can read.`);
}

async function answered(request) {
  try {
    return await request();
  } catch {
    throw new Problem("The API cannot be reached, or does not allow this page. Check that it is running and try again.");
  }
}
