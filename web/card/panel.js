// About this model: what to know of a version before trusting it, all from its manifest.

import { element } from "../dom.js";
import { said, targetsOf } from "../feature.js";
import { moment, percent, plain, quantity } from "../format.js";
import { table } from "../table.js";
import { pictures } from "./pictures.js";

export function open(panel, { api, manifest }) {
  panel.replaceChildren(
    element("p", { className: "verdict", textContent: manifest.verdict }),
    ...section("What not to use it for", limits(manifest)),
    ...(manifest.evaluations.length ? section("How good it is", scores(manifest)) : []),
    ...section("Its data set", columns(manifest)),
    ...categories(manifest),
    ...section("Pictures", pictures(api, manifest)),
    ...section("This version", version(manifest)),
    files(manifest),
  );
}

const section = (title, content) => [element("h3", { textContent: title }), content];

const limits = ({ limits: sentences }) =>
  element("ul", { className: "limits" }, ...sentences.map((textContent) => element("li", { textContent })));

function scores(manifest) {
  return manifest.signature.target.classes ? scoresOfLabels(manifest) : scoresOfNumbers(manifest);
}

function scoresOfLabels({ evaluations, signature }) {
  const { classes } = signature.target;
  const f1 = classes.length === 2 && !signature.further_targets ? `F1 of “${said(classes[1])}”` : "F1";
  const shown = [
    ["accuracy", "Right (accuracy)", percent],
    ["balanced_accuracy", "Balanced accuracy", percent],
    ["f1", f1, inDigits],
    ["log_loss", "Log loss", inDigits],
    ["roc_auc", "ROC AUC", inDigits],
  ].filter(([name]) => evaluations.some(({ estimator }) => Object.hasOwn(estimator, name)));
  const header = ["Scored on", "Rows", ...shown.flatMap(([, title]) => [title, "guessing"])];
  const rows = evaluations.map(({ title, rows: count, estimator, baseline }) => [
    title,
    plain(count),
    ...shown.flatMap(([name, , written]) => [estimator, baseline].map((of) => (Object.hasOwn(of, name) ? written(of[name]) : "–"))),
  ]);
  return table("The model beside always guessing the most frequent label, and how frequent each is.", header, rows);
}

const inDigits = (score) => score.toFixed(3);

function scoresOfNumbers({ evaluations, signature }) {
  const unit = signature.target["x-unit"];
  const header = ["Scored on", "Rows", "Typically off by (MAE)", "the average", "RMSE", "the average", "R²", "the average"];
  const rows = evaluations.map(({ title, rows: count, estimator: model, baseline: average }) => [
    title,
    plain(count),
    ...[model.mae, average.mae, model.rmse, average.rmse].map((value) => quantity(value, unit)),
    ...[model.r2, average.r2].map((value) => value.toFixed(3)),
  ]);
  return table("The model beside always guessing the average of the training rows.", header, rows);
}

function columns({ statistics, signature, data }) {
  const described = [...signature.features, ...targetsOf(signature)];
  const header = ["Column", "Missing", "Minimum", "Lower quartile", "Median", "Average", "Upper quartile", "Maximum"];
  const rows = described
    .filter(({ name }) => Object.hasOwn(statistics, name))
    .map(({ name, title, "x-unit": unit }) => {
      const seen = statistics[name];
      const values = [seen.minimum, seen.lower_quartile, seen.median, seen.mean, seen.upper_quartile, seen.maximum];
      return [unit ? `${title} (${unit})` : title, plain(seen.missing), ...values.map(plain)];
    });
  const of = data.fitted_rows ? `${plain(data.fitted_rows)} of them fitted` : "a sample";
  return table(`${plain(data.rows)} rows, ${of}.`, header, rows);
}

function categories({ frequencies = {}, signature }) {
  const rows = [...signature.features, ...targetsOf(signature)]
    .filter(({ name }) => Object.hasOwn(frequencies, name))
    .map(({ name, title }) => {
      const { missing, different, frequent } = frequencies[name];
      return [title, plain(missing), plain(different), frequent.map(([one, rows]) => `${one}: ${plain(rows)}`).join(", ")];
    });
  const caption = "Categories, and the rows of the most frequent.";
  return rows.length ? [table(caption, ["Column", "Missing", "Different", "Most frequent"], rows)] : [];
}

function version({ version: number, trained_at: trained, estimator, kind, why_live: why, packages }) {
  const described = Object.entries(packages).map(([name, one]) => `${name} ${one}`);
  return facts({
    Version: number,
    Trained: moment(trained),
    Estimator: estimator,
    Served: kind === "inert" ? "Its file is read as data and never run." : `scikit-learn runs its file. ${why}`,
    Packages: described.join(", "),
  });
}

const files = ({ files: published, data }) =>
  element(
    "details",
    {},
    element("summary", { textContent: "SHA-256 of its data set and files" }),
    facts(Object.fromEntries([["Data set", data.sha256], ...Object.entries(published).map(([name, { sha256 }]) => [name, sha256])].map(([name, text]) => [name, hash(text)]))),
  );

const hash = (text) => element("span", { className: "hash", textContent: text });

function facts(entries) {
  const pairs = Object.entries(entries).flatMap(([term, text]) => [element("dt", { textContent: term }), element("dd", {}, text)]);
  return element("dl", { className: "facts" }, ...pairs);
}
