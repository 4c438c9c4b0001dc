from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from picklejar.batch.predict import ask
from picklejar.errors import BundleDamaged, InvalidInstances, NotRepeated, RowsRefused, TooLarge
from picklejar.inert.base.work import spend
from picklejar.manifest import Golden, Manifest, decode_manifest
from picklejar.opening import check_golden
from picklejar.predictor import MOST_COMPARED, Predictor
from picklejar.signature import OUTPUTS, Target
from tests.numbered import version


class Constant:
    """Answers every row with the next of its answers."""

    def __init__(self, *answers: float) -> None:
        self.answers = answers

    def predict(self, X: Any) -> Any:
        return np.array(self.answers[: len(X)])


class Classifier:
    """Answers every row with its first class, and with its probabilities, sorted as scikit-learn sorts them."""

    def __init__(self, *classes: Any, probabilities: Any = (0.75, 0.25)) -> None:
        self.classes_ = np.array(classes)
        self.probabilities = probabilities

    def predict(self, X: Any) -> Any:
        return np.repeat(self.classes_[:1], len(X))

    def predict_proba(self, X: Any) -> Any:
        return np.array([self.probabilities] * len(X))


class WithoutProbabilities:
    """Answers labels alone."""

    classes_ = np.array(["no", "yes"])

    def predict(self, X: Any) -> Any:
        return np.array(["yes"] * len(X))


@pytest.fixture
def manifest(bundles: Path) -> Manifest:
    return decode_manifest((bundles / "sales" / "manifest.json").read_bytes())


def _body(rows: int, **words: Any) -> bytes:
    return json.dumps({"instances": [{"sales_in_second_month": 1}] * rows, **words}).encode()


def _labelled(manifest: Manifest, *classes: Any, outputs: Any = OUTPUTS) -> Manifest:
    """The manifest, as if of a classifier."""
    target = Target(name="grows", title="Grows", description="", classes=classes)
    signature = msgspec.structs.replace(manifest.signature, target=target, outputs=outputs)
    return msgspec.structs.replace(manifest, signature=signature)


def test_the_answer_is_plain_json_numbers(manifest: Manifest) -> None:
    answer = Predictor(manifest, Constant(1.5, 2)).predict(_body(2))
    assert msgspec.json.decode(msgspec.json.encode(answer)) == {
        "model": "sales",
        "version": manifest.version,
        "predictions": [1.5, 2.0],
    }


def test_rows_without_a_finite_answer_are_named(manifest: Manifest) -> None:
    with pytest.raises(InvalidInstances) as caught:
        Predictor(manifest, Constant(1, np.nan, 2, np.inf)).predict(_body(4))
    assert [(rule.row, rule.rule) for rule in caught.value.broken] == [(1, "finite"), (3, "finite")]


class Refusing:
    """Has no answer for the first rows' second value."""

    def __init__(self, rows: int) -> None:
        self.rows = rows

    def predict(self, _: Any) -> Any:
        raise RowsRefused([*range(self.rows)], 1, "enum", "must be one of 1, 2")


def test_rows_that_the_estimator_refuses_are_named_by_row_and_field(manifest: Manifest) -> None:
    with pytest.raises(InvalidInstances) as caught:
        Predictor(manifest, Refusing(2)).predict(_body(3))
    assert [msgspec.structs.asdict(rule) for rule in caught.value.broken] == [
        {
            "row": row,
            "field": "sales_in_first_month",
            "rule": "enum",
            "message": "sales_in_first_month must be one of 1, 2.",
        }
        for row in (0, 1)
    ]


def test_of_many_refused_rows_all_are_counted_and_the_first_listed(manifest: Manifest) -> None:
    with pytest.raises(InvalidInstances) as caught:
        Predictor(manifest, Refusing(3_000)).predict(_body(3_000))
    assert (len(caught.value.broken), caught.value.total) == (1_000, 3_000)


def test_golden_predictions_are_repeated_but_for_the_last_digits(manifest: Manifest) -> None:
    golden = Golden([{"sales_in_second_month": 1.0}] * 2, [1e6, 1.0])
    Predictor(manifest, Constant(1e6 + 1e-9, 1.0)).replay(golden)
    with pytest.raises(BundleDamaged, match="does not repeat its golden predictions"):
        Predictor(manifest, Constant(1e6 + 1e-4, 1.0)).replay(golden)


def test_labels_are_the_signatures_and_probabilities_stand_in_its_order(manifest: Manifest) -> None:
    predictor = Predictor(_labelled(manifest, "yes", "no"), Classifier("no", "yes"))
    words = {"model": "sales", "version": manifest.version}
    labels, probabilities = (
        msgspec.json.decode(msgspec.json.encode(predictor.predict(_body(2, output=output)))) for output in OUTPUTS
    )
    assert labels == words | {"predictions": ["no", "no"]}
    assert probabilities == words | {"classes": ["yes", "no"], "predictions": [[0.25, 0.75]] * 2}
    assert predictor.predict(_body(1)).predictions == ["no"]


def test_a_classifier_without_probabilities_answers_labels(manifest: Manifest) -> None:
    predictor = Predictor(_labelled(manifest, "no", "yes", outputs=("predict",)), WithoutProbabilities())
    assert predictor.predict(_body(1)).predictions == ["yes"]
    predictor.replay(Golden([{"sales_in_second_month": 1.0}], ["yes"]))


def test_rows_without_finite_probabilities_are_named(manifest: Manifest) -> None:
    predictor = Predictor(_labelled(manifest, "no", "yes"), Classifier("no", "yes", probabilities=(np.nan, 0.5)))
    with pytest.raises(InvalidInstances) as caught:
        predictor.predict(_body(2, output="predict_proba"))
    assert [(rule.row, rule.rule) for rule in caught.value.broken] == [(0, "finite"), (1, "finite")]


def test_no_answer_has_more_probabilities_than_lambda_sends(manifest: Manifest) -> None:
    classes = tuple(range(100))
    predictor = Predictor(_labelled(manifest, *classes), Classifier(*classes, probabilities=[1 / 300] * 100))
    assert len(msgspec.json.encode(predictor.predict(_body(2_000, output="predict_proba")))) < 5_000_000
    assert len(predictor.predict(_body(2_001)).predictions) == 2_001
    with pytest.raises(TooLarge, match=r"2,001 instances were sent; with 100 probabilities each, .* at most 2,000"):
        predictor.predict(_body(2_001, output="predict_proba"))


class Comparing(Constant):
    """Compares each row with many others."""

    def predict(self, X: Any) -> Any:
        spend(MOST_COMPARED / 3 * len(X))
        return np.ones(len(X))


def test_what_would_outlast_the_api_is_refused_there_and_nowhere_else(manifest: Manifest) -> None:
    predictor = Predictor(manifest, Comparing())
    assert len(predictor.answer_in_time([predictor.read(_body(2))])[0].predictions) == 2
    with pytest.raises(TooLarge, match=r"not the time for all in one request\. Send fewer or shorter ones in each\."):
        predictor.answer_in_time([predictor.read(_body(4))])
    assert len(predictor.predict(_body(4)).predictions) == 4


def test_a_file_with_more_than_a_request_takes_is_asked_in_parts(
    manifest: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = dict.fromkeys(range(10, 17), b'{"sales_in_second_month":1}')
    sent[12] = b"{}"
    monkeypatch.setattr("picklejar.instances.MOST_INSTANCES", 2)
    answers = ask(Predictor(manifest, Constant(1.0, 2.0)), sent)
    assert answers.rows == [10, 11, 13, 14, 15, 16]
    assert [rule.row for rule in answers.broken] == [12]


def test_each_output_of_a_file_is_asked_with_the_values_as_they_came() -> None:
    class Overwriting:
        classes_ = np.array(["no", "yes"])

        def predict(self, X: Any) -> Any:
            labels = self.classes_[(X[:, 0] > 0).astype(int)]
            X[:] = 0
            return labels

        def predict_proba(self, X: Any) -> Any:
            return np.hstack([1 - X[:, :1], X[:, :1]])

    signature = msgspec.structs.replace(
        version(1).manifest.signature,
        target=Target(name="y", title="y", description="", classes=("no", "yes")),
        outputs=("predict", "predict_proba"),
    )
    manifest = msgspec.structs.replace(version(1).manifest, signature=signature)
    answers = ask(Predictor(manifest, Overwriting()), {0: b'{"x":1}', 1: b'{"x":0}'})
    assert answers.outputs == [["yes", "no"], [[0, 1], [1, 0]]]


@pytest.mark.parametrize(
    ("estimator", "sentence"),
    [
        (Constant(1), "is not of its manifest's labels. The classifier knows the classes , and the signature no, yes"),
        (Classifier("no", "maybe"), "the classes no, maybe, and the signature no, yes"),
        (WithoutProbabilities(), "has no predict_proba, which its manifest promises"),
    ],
)
def test_an_estimator_that_is_not_the_manifests_classifier_is_damaged(
    manifest: Manifest, estimator: Any, sentence: str
) -> None:
    with pytest.raises(BundleDamaged, match=sentence):
        Predictor(_labelled(manifest, "no", "yes"), estimator)


@pytest.mark.parametrize(
    ("predictions", "probabilities"),
    [
        (["no"], [[0.75 + 1e-9, 0.25]]),
        (["yes"], [[0.75, 0.25]]),
        (["no"], []),
        (["no"], [[0.75]]),
        (["no", "no"], [[0.75, 0.25]]),
    ],
)
def test_golden_labels_are_repeated_exactly_and_probabilities_but_for_the_last_digits(
    manifest: Manifest, predictions: list[Any], probabilities: list[list[float]]
) -> None:
    predictor = Predictor(_labelled(manifest, "no", "yes"), Classifier("no", "yes"))
    instances: list[Any] = [{"sales_in_second_month": 1.0}]
    predictor.replay(Golden(instances, ["no"], [[0.75 + 1e-13, 0.25]]))
    with pytest.raises(BundleDamaged, match="does not repeat its golden predictions"):
        predictor.replay(Golden(instances, predictions, probabilities))


class Several:
    """Answers every row with the next row of its answers, and knows the classes of each column, if it has any."""

    tolerance = 1e-12

    def __init__(self, *answers: tuple[Any, ...], classes: Any = None, largest_term: float = 0.0) -> None:
        self._answers, self._largest_term = np.array(answers), largest_term
        if classes is not None:
            self.classes_ = classes

    def predict(self, X: Any) -> Any:
        return self._answers[: len(X)]

    def largest_term(self, _: Any) -> float:
        return self._largest_term


def _several(manifest: Manifest, *targets: Target, tolerance: float = 1e-12) -> Manifest:
    signature = msgspec.structs.replace(
        manifest.signature, target=targets[0], further_targets=targets[1:], outputs=("predict",)
    )
    return msgspec.structs.replace(manifest, signature=signature, tolerance=tolerance)


PRICE, RENT = (Target(name=name, title=name, description="") for name in ("price", "rent"))
WARM, OLD = (Target(name=name, title=name, description="", classes=classes) for name, classes in (
    ("warm", ("no", "yes")), ("old", (0, 1)))
)  # fmt: skip


def test_several_targets_are_an_object_a_row(manifest: Manifest) -> None:
    predictor = Predictor(_several(manifest, PRICE, RENT), Several((1.5, 2.0), (3.0, 4.0)))
    assert predictor.predict(_body(2)).predictions == [{"price": 1.5, "rent": 2.0}, {"price": 3.0, "rent": 4.0}]


def test_a_row_without_a_finite_answer_to_one_of_several_targets_is_named(manifest: Manifest) -> None:
    with pytest.raises(InvalidInstances) as caught:
        Predictor(_several(manifest, PRICE, RENT), Several((1.0, 2.0), (1.0, np.inf))).predict(_body(2))
    assert [(rule.row, rule.rule) for rule in caught.value.broken] == [(1, "finite")]


@pytest.mark.parametrize(
    "classes", [[np.array(["no", "yes"]), np.array(["0", "1"])], np.array([0, 1])], ids=["each", "marks"]
)
def test_labels_of_several_targets_are_those_of_each(manifest: Manifest, classes: Any) -> None:
    if isinstance(classes, list):
        texts = msgspec.structs.replace(OLD, classes=("0", "1"))
        predictor = Predictor(_several(manifest, WARM, texts), Several(("yes", "0"), classes=classes))
        assert predictor.predict(_body(1)).predictions == [{"warm": "yes", "old": "0"}]
    else:
        marks = msgspec.structs.replace(OLD, name="new")
        predictor = Predictor(_several(manifest, OLD, marks), Several((1.0, 0.0), classes=classes))
        assert msgspec.json.encode(predictor.predict(_body(1)).predictions) == b'[{"old":1,"new":0}]'


@pytest.mark.parametrize("count", [1, 3])
def test_a_model_of_other_targets_than_its_manifests_is_damaged(manifest: Manifest, count: int) -> None:
    with pytest.raises(BundleDamaged, match=f"knows {count} targets, and the signature 2"):
        Predictor(_several(manifest, WARM, OLD), Several((1.0,) * count, classes=np.arange(count)))
    golden = Golden([{"sales_in_second_month": 1.0}], [{"price": 1.0, "rent": 1.0}])
    with pytest.raises(BundleDamaged):
        check_golden(Predictor(_several(manifest, PRICE, RENT), Several((1.0,) * count)), msgspec.json.encode(golden))


@pytest.mark.parametrize(
    ("answer", "is_repeated"),
    [((1e6, 1.0), True), ((1e6 + 1e-7, 1.0), True), ((1e6, 1.0 + 1e-9), False), ((1e6 + 1e-4, 1.0), False)],
)
def test_each_target_is_compared_relative_to_its_own_largest(
    manifest: Manifest, answer: tuple[float, float], is_repeated: bool
) -> None:
    golden = Golden([{"sales_in_second_month": 1.0}], [{"price": 1e6, "rent": 1.0}])
    predictor = Predictor(_several(manifest, PRICE, RENT), Several(answer))
    if is_repeated:
        predictor.replay(golden)
        return
    with pytest.raises(NotRepeated):
        predictor.replay(golden)


def test_other_targets_than_the_golden_ones_are_not_repeated(manifest: Manifest) -> None:
    golden = Golden([{"sales_in_second_month": 1.0}], [{"price": 1.0, "fee": 1.0}])
    with pytest.raises(NotRepeated):
        Predictor(_several(manifest, PRICE, RENT), Several((1.0, 1.0))).replay(golden)


@pytest.mark.parametrize(("largest_term", "tolerance"), [(0.0, 1e-12), (1e3, 1e-9), (1e9, 1e-6)])
def test_large_terms_of_one_target_excuse_no_more_than_a_millionth_of_another(
    manifest: Manifest, largest_term: float, tolerance: float
) -> None:
    golden = Golden([{"sales_in_second_month": 1.0}], [{"price": 1e6, "rent": 1.0}])
    predictor = Predictor(_several(manifest, PRICE, RENT), Several((1e6, 1.0), largest_term=largest_term))
    assert predictor.tolerance(golden) == pytest.approx(tolerance)
