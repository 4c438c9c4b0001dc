// One request to the live API, and what came back, whatever it is.

import { Problem } from "../problem.js";

// API Gateway gives up after 29 s.
const PATIENCE_MILLISECONDS = 30_000;

// The answer's status, its words, whether it is good, how long it took, and its text.
export async function exchange(url, body) {
  const began = performance.now();
  const headers = { "Content-Type": "application/json" };
  try {
    const response = await fetch(url, { method: "POST", headers, body, signal: AbortSignal.timeout(PATIENCE_MILLISECONDS) });
    const text = await response.text();
    const { status, statusText, ok } = response;
    return { status, statusText, ok, milliseconds: performance.now() - began, text };
  } catch (cause) {
    throw new Problem(`Nothing came back from ${url}. Try again.`, { cause });
  }
}
