// Takes a step and, while the API says "later", counts down and retries.

import { Problem } from "./problem.js";

const SECOND = 1000;

export async function withRetry(step, notice, signal) {
  for (;;) {
    try {
      const result = await step();
      notice.clear();
      return result;
    } catch (problem) {
      if (!problem.retryAfter) throw problem;
      await countdown(problem, notice, signal);
    }
  }
}

export function countdown({ message, retryAfter }, notice, signal) {
  return new Promise((resolve, reject) => {
    let left = Math.ceil(retryAfter);
    const end = (settle, outcome) => {
      clearInterval(timer);
      signal?.removeEventListener("abort", cancel);
      notice.clear();
      settle(outcome);
    };
    const cancel = () => end(reject, new Problem("The wait was cancelled."));
    const tick = () => (left > 0 ? notice.tick(`Trying again in ${left--} s`) : end(resolve));
    notice.say(`${message} This page tries again in ${left} seconds.`, { "Try now": () => end(resolve), Cancel: cancel });
    const timer = setInterval(tick, SECOND);
    signal?.addEventListener("abort", cancel);
    tick();
  });
}
