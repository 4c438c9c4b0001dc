// What went wrong with a request, as a sentence; `errors` are by row and field.

// API Gateway does not say when to come back.
const USUAL_WAIT_SECONDS = 5;
const LATER = new Set([429, 503]);

export class Problem extends Error {
  constructor(message, { status = 0, errors = [], retryAfter = null, cause } = {}) {
    super(message, { cause });
    Object.assign(this, { status, errors, retryAfter });
  }
}

// What `load` imports.
export function part(load) {
  return load().catch((cause) => Promise.reject(new Problem("The connection broke off.", { cause })));
}

// The problem that an answer other than success tells of.
export async function refusal(response) {
  const content = await response.json().catch(() => null);
  const { status } = response;
  return new Problem(sentence(status, content), {
    status,
    errors: content?.errors ?? [],
    retryAfter: LATER.has(status) ? Number(response.headers.get("Retry-After")) || USUAL_WAIT_SECONDS : null,
  });
}

function sentence(status, content) {
  if (status === 413) return `This is more than one request may carry. ${content?.detail ?? ""}`.trim();
  if (status === 429) return "The API is busy: too many requests at once.";
  if (status === 504) return "The API took too long to answer. Try again, or with fewer rows.";
  if (!content?.title) return `The API answered ${status} with nothing this page can read. Check the address in config.json.`;
  const reference = status >= 500 && content.request_id ? ` Its owner finds it in the log as ${content.request_id}.` : "";
  return `${content.title}. ${content.detail}${reference}`;
}
