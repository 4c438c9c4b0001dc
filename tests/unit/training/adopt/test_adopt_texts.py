"""Models of texts are adopted as a notebook has them: a pipeline, a vectorizer beside a model, a column of a frame."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import LabelEncoder, StandardScaler

from picklejar.manifest import GOLDEN_FILE, MODEL_FILE
from picklejar.opening import open_version
from training.adopt.adopt import Adopted, Adoption, adopt
from training.adopt.joblib_file import NotAdopted
from training.dataset.infer import NO_EXAMPLE
from training.report.card import CARD_FILE

pytestmark = pytest.mark.usefixtures("undrawn")

WAYS = pytest.mark.parametrize("trust", [False, True], ids=["read", "run"])
SPAM = ["free prize, call now", "you win a loan", "cheap loan, call now!", "win a free prize\nnow"]
HAM = ["lunch at noon?", "the meeting is tomorrow", "are you at home", "call me after lunch"]
ROWS = pd.DataFrame({"message": [*SPAM, *HAM] * 5, "links": [*[3, 1, 4, 2], *[0, 1, 0, 0]] * 5})
Y = np.array(["spam"] * 4 + ["ham"] * 4).repeat(1).tolist() * 5


@pytest.fixture
def adopting(tmp_path: Path) -> Callable[..., Adopted]:
    """Dumps the parts of a model and adopts them with a sample."""

    def run(*parts: Any, sample: pd.DataFrame = ROWS[["message"]], **words: Any) -> Adopted:
        files = []
        for at, part in enumerate(parts):
            files.append(tmp_path / f"part{at}.pkl")
            files[-1].write_bytes(pickle.dumps(part))
        sample.assign(label=Y).to_csv(tmp_path / "sample.csv", index=False)
        adoption = {"file": files[0], "then": tuple(files[1:]), "name": "spam", "target": "label"}
        asked = Adoption(**adoption | {"sample": tmp_path / "sample.csv"} | words)
        return adopt(asked, tmp_path / "build" / "spam", lambda _: None)

    return run


def _ask(adopted: Adopted, folder: Path, *instances: dict[str, Any]) -> list[Any]:
    import msgspec

    predictor = open_version(adopted.manifest, (folder / "build" / "spam" / MODEL_FILE).read_bytes())
    return predictor.predict(msgspec.json.encode({"instances": instances})).predictions


@WAYS
def test_a_pipeline_of_texts_takes_the_column_of_the_sample(
    adopting: Callable[..., Adopted], trust: bool, tmp_path: Path
) -> None:
    model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(ROWS.message, Y)
    adopted = adopting(model, trust=trust)
    (feature,) = adopted.manifest.signature.features
    assert (feature.name, feature.format, feature.enum) == ("message", "text", None)
    assert adopted.manifest.kind == "inert"
    assert adopted.manifest.frequencies["message"].frequent == ()
    asked = ["a free loan", "lunch tomorrow", ""]
    assert _ask(adopted, tmp_path, *({"message": text} for text in asked)) == model.predict(asked).tolist()


@WAYS
def test_a_vectorizer_stands_beside_its_model(adopting: Callable[..., Adopted], trust: bool, tmp_path: Path) -> None:
    vectorizer = CountVectorizer(stop_words="english").fit(ROWS.message)
    weights = TfidfTransformer().fit(vectorizer.transform(ROWS.message))
    counts = weights.transform(vectorizer.transform(ROWS.message))
    adopted = adopting(vectorizer, weights, MultinomialNB().fit(counts, Y), trust=trust)
    assert adopted.manifest.signature.features[0].is_prose
    assert _ask(adopted, tmp_path, {"message": "win a free prize"}, {"message": "lunch"}) == ["spam", "ham"]


@WAYS
def test_the_labels_encoder_of_a_model_of_texts_is_applied(
    adopting: Callable[..., Adopted], trust: bool, tmp_path: Path
) -> None:
    encoder = LabelEncoder().fit(Y)
    model = make_pipeline(CountVectorizer(), MultinomialNB()).fit(ROWS.message, encoder.transform(Y))
    labels = tmp_path / "labels.pkl"
    labels.write_bytes(pickle.dumps(encoder))
    adopted = adopting(model, labels=labels, trust=trust)
    assert adopted.manifest.signature.features[0].is_prose
    assert _ask(adopted, tmp_path, {"message": "win a free prize"}) == ["spam"]


@WAYS
def test_a_column_of_texts_stands_beside_others(adopting: Callable[..., Adopted], trust: bool, tmp_path: Path) -> None:
    columns = make_column_transformer((TfidfVectorizer(), "message"), (StandardScaler(), ["links"]))
    model = make_pipeline(columns, LogisticRegression()).fit(ROWS, Y)
    adopted = adopting(model, sample=ROWS, trust=trust)
    kinds = [(feature.name, feature.type, feature.format) for feature in adopted.manifest.signature.features]
    assert kinds == [("message", "string", "text"), ("links", "integer", None)]
    assert _ask(adopted, tmp_path, {"message": "win a free prize", "links": 4}) == ["spam"]


@WAYS
def test_a_missing_text_is_an_empty_one(adopting: Callable[..., Adopted], trust: bool, tmp_path: Path) -> None:
    model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(ROWS.message, Y)
    sample = ROWS[["message"]].copy()
    sample.loc[3] = None
    adopted = adopting(model, sample=sample, trust=trust)
    assert adopted.manifest.signature.features[0].default == ""
    assert _ask(adopted, tmp_path, {}, {"message": ""}) == [model.predict([""])[0]] * 2


def test_texts_that_look_like_numbers_are_texts(adopting: Callable[..., Adopted]) -> None:
    sample = pd.DataFrame({"code": [f"{at} {at % 3}" if at % 2 else f"{at}1" for at in range(40)]})
    model = make_pipeline(CountVectorizer(token_pattern=r"\d"), MultinomialNB()).fit(sample.code, Y)
    assert adopting(model, sample=sample, trust=True).manifest.signature.features[0].is_prose


def test_no_text_of_the_sample_is_handed_out_where_that_is_asked(
    adopting: Callable[..., Adopted], tmp_path: Path
) -> None:
    model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(ROWS.message, Y)
    manifest = adopting(model, withholds_texts=True).manifest
    assert manifest.withholds_texts
    assert manifest.signature.features[0].example == NO_EXAMPLE
    folder = tmp_path / "build" / "spam"
    for content in (manifest.encode(), (folder / CARD_FILE).read_bytes()):
        assert not any(text.encode() in content for text in (*SPAM, *HAM))
    # A container still repeats them.
    assert b"free prize" in (folder / GOLDEN_FILE).read_bytes()


def test_a_model_without_its_vectorizer_asks_for_it(adopting: Callable[..., Adopted]) -> None:
    counts = CountVectorizer().fit_transform(ROWS.message)
    with pytest.raises(NotAdopted, match=r"give its file, too: picklejar adopt vectorizer\.pkl model\.pkl"):
        adopting(MultinomialNB().fit(counts, Y))


def test_a_vectorizer_without_its_model_asks_for_it(adopting: Callable[..., Adopted]) -> None:
    with pytest.raises(NotAdopted, match=r"does not predict\. Name its model's file after it"):
        adopting(CountVectorizer().fit(ROWS.message))


@WAYS
def test_other_columns_beside_the_texts_are_asked_to_be_left_out(adopting: Callable[..., Adopted], trust: bool) -> None:
    model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(ROWS.message, Y)
    with pytest.raises(NotAdopted, match=r"fitted on an array of 1 columns, and .* has 2 beside label: message, links"):
        adopting(model, sample=ROWS, trust=trust)


def test_a_model_of_texts_that_is_not_read_is_refused_by_its_own_reason(adopting: Callable[..., Adopted]) -> None:
    model = make_pipeline(TfidfVectorizer(), KNeighborsClassifier()).fit(ROWS.message, Y)
    with pytest.raises(NotAdopted, match=r"KNeighborsClassifier with a sparse matrix .* texts are not served either"):
        adopting(model, trust=True)
