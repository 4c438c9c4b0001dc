import assert from "node:assert/strict";
import test from "node:test";

import { Run } from "../../web/batch/run.js";
import { Problem } from "../../web/problem.js";

const instances = (count) => Array.from({ length: count }, (_, x) => ({ x }));
const double = (asked) => asked.map(({ x }) => 2 * x);

async function through(count, predict, failed = (problem) => Promise.reject(problem)) {
  const progress = [];
  const run = new Run({ predict, failed, progressed: (done) => progress.push(done) });
  for (const [row, instance] of instances(count).entries()) await run.add(row, instance);
  await run.flush();
  return { run, progress };
}

test("rows go in parts and keep their order", async () => {
  const sizes = [];
  const { run, progress } = await through(12_000, async (asked) => (sizes.push(asked.length), double(asked)));
  assert.deepEqual(sizes, [5000, 5000, 2000]);
  assert.deepEqual(progress, [5000, 10000, 12000]);
  assert.equal(run.predictions.get(11_999), 23_998);
});

test("a part stays below five million bytes", async () => {
  const sizes = [];
  const run = new Run({
    predict: async (asked) => (sizes.push(JSON.stringify({ instances: asked }).length), asked.map(() => 0)),
    progressed: () => {},
  });
  for (let row = 0; row < 3000; row++) await run.add(row, { text: "x".repeat(4000) });
  await run.flush();
  assert.equal(run.predictions.size, 3000);
  assert.ok(Math.max(...sizes) <= 5_000_000 && sizes.length === 3, sizes.join());
});

test("rows the API refuses get its sentences, the others their predictions", async () => {
  const predict = async (asked) => {
    const errors = asked.flatMap(({ x }, row) => (x % 3 ? [] : [{ row, field: "x", message: "x is odd." }, { row, message: "Really." }]));
    // Only so many are listed at once.
    if (errors.length) throw new Problem("", { status: 422, errors: errors.slice(0, 6) });
    return double(asked);
  };
  const { run } = await through(30, predict);
  assert.equal(run.predictions.size, 20);
  assert.equal(run.errors.get(27), "x is odd. Really.");
});

test("a part that is too large is halved until it fits", async () => {
  const sizes = [];
  const predict = async (asked) => {
    sizes.push(asked.length);
    if (asked.length > 3) throw new Problem("Too large.", { status: 413 });
    return double(asked);
  };
  const { run } = await through(10, predict);
  assert.equal(run.predictions.size, 10);
  assert.deepEqual(sizes, [10, 5, 3, 2, 5, 3, 2]);
});

test("a single row that is too large is refused, the others go on", async () => {
  const predict = async (asked) => {
    if (asked.some(({ x }) => x === 2)) throw new Problem("Too large.", { status: 413 });
    return double(asked);
  };
  const { run } = await through(4, predict);
  assert.deepEqual([...run.errors], [[2, "Too large."]]);
  assert.deepEqual([...run.predictions.keys()], [0, 1, 3]);
});

test("what fails is tried again when told to", async () => {
  let fails = 2;
  const predict = async (asked) => {
    if (fails-- > 0) throw new Problem("Later.", { status: 503, retryAfter: 5 });
    return double(asked);
  };
  const heard = [];
  const { run } = await through(1, predict, async (problem) => heard.push(problem.retryAfter));
  assert.deepEqual(heard, [5, 5]);
  assert.equal(run.predictions.get(0), 0);
});

test("what is cancelled ends, and keeps what was there", async () => {
  let parts = 0;
  const predict = async (asked) => {
    if (++parts === 2) throw new Problem("Gone.");
    return double(asked);
  };
  const run = new Run({ predict, failed: (problem) => Promise.reject(problem), progressed: () => {} });
  const feed = async () => {
    for (const [row, instance] of instances(10_000).entries()) await run.add(row, instance);
    await run.flush();
  };
  await assert.rejects(feed, /Gone/);
  assert.equal(run.predictions.size, 5000);
});
