import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import test from "node:test";

import { languages } from "../../web/snippets/snippets.js";

const model = { address: "https://api.example", name: "it's" };
const url = "https://api.example/models/it's/predict";
const instance = { "it's $HOME `x` \"q\" \\": 1.5, rate: null, colour: "naïve\n🥒", yes: true };

test("a shell hands curl exactly the address and the request", () => {
  const script = `curl() { for argument in "$@"; do printf '%s\\0' "$argument"; done; }\n${languages.curl(model, instance)}`;
  const words = execFileSync("sh", ["-c", script]).toString().split("\0");
  assert.equal(words[0], url);
  assert.equal(words[2], "Content-Type: application/json");
  assert.deepEqual(JSON.parse(words[4]), { instances: [instance] });
});

test("JavaScript sends exactly the request", async () => {
  const sent = [];
  const fetch = async (address, options) => (sent.push([address, options]), { json: async () => ({ predictions: [7] }) });
  const printed = [];
  const Async = Object.getPrototypeOf(async () => {}).constructor;
  await new Async("fetch", "console", languages.JavaScript(model, instance))(fetch, { log: (text) => printed.push(text) });
  assert.equal(sent[0][0], url);
  assert.deepEqual(JSON.parse(sent[0][1].body), { instances: [instance] });
  assert.deepEqual(printed, [[7]]);
});

test("Python reads the literals", () => {
  const text = languages.Python(model, instance);
  assert.ok(text.includes('"rate": None') && text.includes('"yes": True'), text);
});

test("the Python client gets the API's address and the model's name", () => {
  const text = languages["Python client"](model, instance, "predict_proba");
  assert.ok(text.includes('Client("https://api.example").model("it\'s")'), text);
  assert.ok(text.includes('"rate": None') && text.includes('.predict([instance], "predict_proba")'), text);
  assert.ok(languages["Python client"](model, instance).includes(".predict([instance])\n"));
});

test("what is asked for stands beside the instances", async () => {
  const body = { instances: [instance], output: "predict_proba" };
  assert.ok(languages.curl(model, {}, "predict_proba").includes('{"instances":[{}],"output":"predict_proba"}'));
  assert.ok(languages.Python(model, instance, "predict_proba").includes('{"instances": [instance], "output": "predict_proba"}'));
  const sent = [];
  const fetch = async (_, options) => (sent.push(options), { json: async () => ({}) });
  const Async = Object.getPrototypeOf(async () => {}).constructor;
  await new Async("fetch", "console", languages.JavaScript(model, instance, "predict_proba"))(fetch, { log: () => {} });
  assert.deepEqual(JSON.parse(sent[0].body), body);
});

test("names of Object's own, and control characters, are sent as they are", async () => {
  const names = JSON.parse('{"__proto__": 1, "constructor": 2, "toString": "\\u009f\\u007f"}');
  const shell = `curl() { printf '%s' "$5"; }\n${languages.curl(model, names)}`;
  assert.equal(JSON.stringify(JSON.parse(execFileSync("sh", ["-c", shell]).toString()).instances[0]), JSON.stringify(names));
  const sent = [];
  const fetch = async (_, options) => (sent.push(options), { json: async () => ({}) });
  const Async = Object.getPrototypeOf(async () => {}).constructor;
  await new Async("fetch", "console", languages.JavaScript(model, names))(fetch, { log: () => {} });
  assert.equal(JSON.stringify(JSON.parse(sent[0].body).instances[0]), JSON.stringify(names));
  assert.ok(languages.Python(model, names).includes('"__proto__": 1'));
  for (const write of Object.values(languages)) assert.doesNotMatch(write(model, names), /[\u007f-\u009f]/);
});
