import assert from "node:assert/strict";
import test from "node:test";

import { dialectOf } from "../../web/batch/cells.js";
import { result } from "../../web/batch/result.js";
import { Source } from "../../web/batch/source.js";

const file = (content) => new Blob([content]);

async function out(content, predictions, errors = [], isWhole = true) {
  const source = await Source.of(file(content), dialectOf({}));
  const made = await result(source, { predictions: new Map(predictions), errors: new Map(errors) }, isWhole);
  return Buffer.from(await made.arrayBuffer()).toString();
}

test("the columns stay and the predictions come after them", async () => {
  assert.equal(await out("a,b\r\n1,2\r\n3,4\r\n", [[0, 0.1], [1, -2]]), "a,b,prediction\r\n1,2,0.1\r\n3,4,-2\r\n");
});

test("rows without a prediction say why", async () => {
  const text = await out("a\n1\n2\n", [[0, 5]], [[1, "a: Must be at least 3."]]);
  assert.equal(text, "a,prediction,error\n1,5,\n2,,a: Must be at least 3.\n");
});

test("an empty row stays as it is and says nothing", async () => {
  assert.equal(await out("a,b\n1,2\n,\n3,x\n,\n", [[0, 5]], [[2, "b is wrong."]]), "a,b,prediction,error\n1,2,5,\n,,,\n3,x,,b is wrong.\n,,,\n");
  assert.equal(await out("a,b\n1,2\n,\n", [[0, 5]]), "a,b,prediction\n1,2,5\n,,\n");
});

test("what was not reached says so", async () => {
  assert.match(await out("a\n1\n2\n", [[0, 5]], [], false), /2,,Not predicted: cancelled before this row\.\n$/);
});

test("delimiter, quotes, line breaks and byte order mark stay", async () => {
  const text = await out('\ufeffa;b\r\n"x;y";"1\n2"\r\n', [[0, 1]]);
  assert.equal(text, '\ufeffa;b;prediction\r\n"x;y";"1\n2";1\r\n');
});

test("a row of another length loses nothing, and its additions stay in their columns", async () => {
  const text = await out("a,b\n1\n1,2,3\n", [], [[0, "short"], [1, "long"]]);
  assert.equal(text, "a,b,prediction,error\n1,,,short\n1,2,,long,3\n");
});

test("a column that is there already keeps its name", async () => {
  assert.match(await out("a,prediction\n1,2\n", [[0, 3]]), /^a,prediction,prediction_2\n1,2,3\n$/);
});

test("no text added is a formula to a spreadsheet", async () => {
  const text = await out("a\n1\n", [], [[0, '=HYPERLINK("x")']]);
  assert.match(text, /'=HYPERLINK/);
});

test("files of an older Excel are read, and come back so that a newer one reads them", async () => {
  const text = await out(Buffer.from([...Buffer.from("a;n\n1;M"), 0xfc, ...Buffer.from("ller\n")]), [[0, 1]]);
  assert.equal(text, "\ufeffa;n;prediction\n1;Müller;1\n");
});

test("Unicode text of Excel is read", async () => {
  const text = await out(Buffer.from("\ufeffa\tb\r\n1\t2\r\n", "utf16le"), [[0, 1]]);
  assert.equal(text, "\ufeffa\tb\tprediction\r\n1\t2\t1\r\n");
});

test("a label comes with the probability of each class", async () => {
  const source = await Source.of(file("a\n1\n2\n"), dialectOf({}));
  const predictions = new Map([[0, { label: "=no", probabilities: [0.75, 0.25] }]]);
  const signature = { target: { classes: ["=no", true] }, outputs: ["predict", "predict_proba"] };
  const made = await result(source, { predictions, errors: new Map([[1, "bad"]]) }, true, signature);
  assert.equal(await made.text(), "a,prediction,probability_=no,probability_true,error\n1,'=no,0.75,0.25,\n2,,,,bad\n");
});

test("an outlier comes with its score", async () => {
  const source = await Source.of(file("a\n1\n2\n"), dialectOf({}));
  const predictions = new Map([[0, { label: -1, score: -0.75 }]]);
  const signature = { target: { classes: [-1, 1] }, outputs: ["predict", "score_samples"] };
  const made = await result(source, { predictions, errors: new Map([[1, "bad"]]) }, true, signature);
  assert.equal(await made.text(), "a,prediction,score,error\n1,-1,-0.75,\n2,,,bad\n");
});

test("a label without probabilities comes alone", async () => {
  const source = await Source.of(file("a\n1\n"), dialectOf({}));
  const made = await result(source, { predictions: new Map([[0, { label: false }]]), errors: new Map() }, true, { target: { classes: [false, true] } });
  assert.equal(await made.text(), "a,prediction\n1,false\n");
});

test("several targets have a column each, whatever they are called", async () => {
  const signature = { target: { name: "label" }, further_targets: [{ name: "probabilities" }], outputs: ["predict"] };
  const source = await Source.of(file("a,prediction_label\n1,2\n3,4\n"), dialectOf({}));
  const predictions = new Map([[0, { label: 1.5, probabilities: 2 }]]);
  const made = await result(source, { predictions, errors: new Map([[1, "no"]]) }, true, signature);
  const text = Buffer.from(await made.arrayBuffer()).toString();
  assert.equal(text, "a,prediction_label,prediction_label_2,prediction_probabilities,error\n1,2,1.5,2,\n3,4,,,no\n");
});

test("added columns differ from one another, too", async () => {
  const signature = { target: { name: "x" }, further_targets: [{ name: "x_2" }], outputs: ["predict"] };
  const source = await Source.of(file("a,prediction_x\n1,2\n"), dialectOf({}));
  const made = await result(source, { predictions: new Map([[0, { x: 1, x_2: 2 }]]), errors: new Map() }, true, signature);
  const text = Buffer.from(await made.arrayBuffer()).toString();
  assert.equal(text, "a,prediction_x,prediction_x_2,prediction_x_2_2\n1,2,1,2\n");
});
