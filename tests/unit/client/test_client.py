"""Models, and their predictions of many rows in order."""

from __future__ import annotations

import pickle
from collections.abc import Iterator

import numpy as np
import pytest

from picklejar_client import BrokenRule, Client, ListedModel, Model, NoAnswer, NotAnApi, Refused, Unavailable
from tests.unit.client.conftest import Api, Asked, Clock, Reply


@pytest.fixture
def model(api: Api) -> Model:
    """A model that adds."""
    return Client(api.url).model("sums")


def _rows(count: int) -> Iterator[dict[str, int]]:
    return ({"a": number, "b": 1} for number in range(count))


def test_models_are_listed_also_those_that_do_not_serve(api: Api) -> None:
    assert Client(api.url).models() == [
        ListedModel("sums", True, "Sums", "Adds.", "v1"),
        ListedModel("lost", False, detail="It is damaged."),
    ]


def test_an_answer_has_predictions_by_row_and_the_version(api: Api, model: Model) -> None:
    answer = model.predict([{"a": 1, "b": 2}, {"a": 3}])
    assert (answer.model, answer.version, answer.predictions, answer.classes) == ("sums", "v1", [3, 3], ())
    assert ([*answer], len(answer), answer[0]) == ([3, 3], 2, 3)
    assert api.asked[0].body == {"instances": [{"a": 1, "b": 2}, {"a": 3}]}
    assert api.asked[0].headers["content-type"] == "application/json"


def test_errors_go_to_other_processes_as_they_are(api: Api, model: Model) -> None:
    errors = [Unavailable("Busy.", status=503, retry_after=5.0), NoAnswer("Gone.", is_passing=False)]
    rule = BrokenRule(3, "a", "type", "a must be a number.")
    errors.append(Refused("Invalid", "1 rule is broken.", status=422, kind="invalid-instances", errors=[rule], total=9))
    for error in errors:
        read = pickle.loads(pickle.dumps(error))
        assert (type(read), str(read), vars(read)) == (type(error), str(error), vars(error))


def test_no_rows_are_not_asked_about(api: Api, model: Model) -> None:
    assert model.predict([]).predictions == []
    assert api.asked == []


@pytest.mark.parametrize(
    ("ask", "output"),
    [
        (Model.predict_proba, "predict_proba"),
        (Model.score_samples, "score_samples"),
        (lambda model, rows: model.predict(rows, "decision_function"), "decision_function"),
    ],
)
def test_other_outputs_are_asked_for(api: Api, model: Model, ask: object, output: str) -> None:
    content = {"model": "sums", "version": "v1", "classes": ["no", "yes"], "predictions": [[0.2, 0.8]]}
    api.replies = [Reply(200, content)]
    answer = ask(model, [{"a": 1}])  # type: ignore[operator]
    assert api.asked[0].body == {"instances": [{"a": 1}], "output": output}
    assert (answer.classes, answer.predictions) == (("no", "yes"), [[0.2, 0.8]])


def test_more_rows_than_a_request_takes_keep_their_order_and_the_first_version(api: Api, model: Model) -> None:
    def promote(_: Asked) -> None:
        api.version = "v2"

    api.replies = [lambda _: None, promote]
    answer = model.predict(_rows(25_000))
    assert answer.predictions == [number + 1 for number in range(25_000)]
    assert (answer.version, api.version) == ("v1", "v2")
    assert [len(asked.body["instances"]) for asked in api.asked] == [10_000, 10_000, 5_000]
    assert api.paths == ["/sums/predict", "/sums/versions/v1/predict", "/sums/versions/v1/predict"]


def test_more_bytes_than_a_request_takes_are_split(api: Api, model: Model) -> None:
    sizes: list[int] = []

    def count(asked: Asked) -> Reply:
        sizes.append(int(asked.headers["content-length"]))
        return Reply(200, {"model": "sums", "version": "v1", "predictions": [0] * len(asked.body["instances"])})

    api.replies = [count] * 9
    # Each row is 1,000,000 bytes, so that five, and what is around them, are too many; a comma is one, too.
    model.predict([{"a": "x" * 999_992}] * 7)
    assert sizes == [4 * 1_000_000 + 3 + 16, 3 * 1_000_000 + 2 + 16]


def test_a_part_fills_a_request_to_the_last_byte(api: Api, model: Model) -> None:
    def count(asked: Asked) -> Reply:
        assert int(asked.headers["content-length"]) <= 5_000_000
        return Reply(200, {"model": "sums", "version": "v1", "predictions": [0] * len(asked.body["instances"])})

    api.replies = [count] * 9
    # `{"instances":[]}` has 16 bytes, and a row 8 around its text.
    model.predict([{"a": "x" * 2_499_984}, {"a": "x" * 2_499_983}])
    assert [int(asked.headers["content-length"]) for asked in api.asked] == [5_000_000]
    model.predict([{"a": "x" * 2_499_984}] * 2)
    assert len(api.asked) == 3


def test_where_a_model_takes_less_the_parts_are_halved_and_stay_so(api: Api, model: Model) -> None:
    def take_few(asked: Asked) -> Reply | None:
        few = len(asked.body["instances"]) <= 3_000
        return None if few else Reply(413, {"title": "The request is too large", "detail": "200,000 probabilities."})

    api.replies = [take_few] * 99
    assert model.predict(_rows(20_000)).predictions == [number + 1 for number in range(20_000)]
    sizes = [len(asked.body["instances"]) for asked in api.asked]
    assert sizes == [10_000, 5_000, 2_500, 2_500, 5_000, 2_500, 2_500, 2_500, 2_500, 2_500, 2_500]
    assert {*api.paths[3:]} == {"/sums/versions/v1/predict"}


def test_a_row_that_is_too_large_by_itself_is_refused_by_its_number(api: Api, model: Model) -> None:
    def refuse(asked: Asked) -> Reply | None:
        is_long = any(row["a"] == 3 for row in asked.body["instances"])
        return Reply(413, {"title": "The request is too large", "detail": "Bytes."}) if is_long else None

    api.replies = [refuse] * 99
    with pytest.raises(Refused, match=r"The request is too large: Bytes\."):
        model.predict(_rows(5))


def test_refused_rows_are_counted_in_all_rows(api: Api, model: Model) -> None:
    broken = [
        {"row": 0, "field": "a", "rule": "maximum", "message": "a must be at most 9."},
        {"row": 7, "field": None, "rule": "tie", "message": "Two are equally near."},
        {"row": None, "field": None, "rule": "body", "message": "output must be predict."},
    ]
    refusal = {
        "type": "urn:problem-type:picklejar:invalid-instances",
        "title": "The instances are invalid",
        "detail": "40 rules are broken.",
        "request_id": "r9",
        "errors": broken,
        "error_count": 40,
    }
    api.replies = [lambda _: None, lambda _: None, Reply(422, refusal)]
    with pytest.raises(Refused) as raised:
        model.predict(_rows(20_010))
    error = raised.value
    assert [(rule.row, rule.field, rule.rule) for rule in error.errors] == [
        (20_000, "a", "maximum"),
        (20_007, None, "tie"),
        (None, None, "body"),
    ]
    assert (error.status, error.kind, error.total, error.request_id) == (422, "invalid-instances", 40, "r9")
    assert str(error).splitlines() == [
        "The instances are invalid: 40 rules are broken.",
        "  Row 20000: a must be at most 9.",
        "  Row 20007: Two are equally near.",
        "  output must be predict.",
        "  and 37 more",
    ]


def test_a_row_that_cannot_be_sent_is_counted_in_all_rows(api: Api, model: Model) -> None:
    rows = [*_rows(10_004), {"a": float("inf")}]
    with pytest.raises(Refused, match=r"Row 10004: a must be finite, not infinite\.") as raised:
        model.predict(rows)
    assert raised.value.errors == ((10_004, "a", "finite", "a must be finite, not infinite."),)
    assert raised.value.status == 0


def test_a_stream_answers_part_by_part_before_the_rows_end(api: Api, model: Model) -> None:
    read: list[int] = []

    def rows() -> Iterator[dict[str, int]]:
        for row in _rows(20_001):
            read.append(row["a"])
            yield row

    answers = model.stream(rows())
    first = next(answers)
    assert (first.first, len(first), len(read)) == (0, 10_000, 10_001)
    assert [(answer.first, len(answer)) for answer in answers] == [(10_000, 10_000), (20_000, 1)]


def test_versions_aliases_and_a_canarys_key_are_asked_by(api: Api) -> None:
    client, rows = Client(api.url), [{"a": 1}]
    client.model("sums", version="v7").predict(rows)
    client.model("sums", alias="next/one").predict(rows)
    client.model("a b", headers={"customer-id": "17"}).predict(rows)
    assert api.paths == ["/sums/versions/v7/predict", "/sums/aliases/next%2Fone/predict", "/a%20b/predict"]
    assert [asked.headers.get("customer-id") for asked in api.asked] == [None, None, "17"]


def test_what_cannot_be_asked_by_is_refused(api: Api) -> None:
    client = Client(api.url)
    with pytest.raises(ValueError, match="by a version or by an alias, not by both"):
        client.model("sums", version="v1", alias="next")
    for headers in ({"customer id": "1"}, {"": "1"}, {"customer-id": "1\r\nx-api-key: 2"}):
        with pytest.raises(ValueError, match="header"):
            client.model("sums", headers=headers)
    assert api.asked == []


def test_values_without_names_are_in_the_order_of_the_features(api: Api, model: Model) -> None:
    assert model.predict(np.array([[1.5, 2], [3, np.nan]])).predictions == [3.5, 3]
    assert api.asked[1].body["instances"] == [{"a": 1.5, "b": 2}, {"a": 3, "b": None}]
    model.predict([(1, 2)])
    assert api.paths == ["/sums", "/sums/predict", "/sums/predict"], "the features are asked for once"


def test_of_another_version_their_columns_have_to_be_named(api: Api) -> None:
    for words in ({"version": "v7"}, {"alias": "next"}):
        model = Client(api.url).model("sums", **words)
        with pytest.raises(ValueError, match="Name the `columns`"):
            model.predict([[1, 2]])
        assert model.predict([[1, 2]], columns=["b", "a"]).predictions == [3]
        assert api.asked[-1].body["instances"] == [{"b": 1, "a": 2}]
        assert model.predict(np.array([[1, 2]]), columns=np.array(["b", "a"])).predictions == [3]


@pytest.mark.parametrize(
    "content",
    [{}, {"version": "v1"}, {"version": 1, "predictions": [1]}, {"version": "v1", "predictions": 1},
     {"version": "v1", "predictions": []}, {"version": "v1", "predictions": [1, 2]},
     {"version": "v1", "predictions": [1], "classes": None}],
    ids=str,
)  # fmt: skip
def test_an_answer_without_a_prediction_for_each_row_is_none(
    api: Api, model: Model, content: dict[str, object]
) -> None:
    api.replies = [Reply(200, content)]
    with pytest.raises(NotAnApi):
        model.predict([{"a": 1}])


def test_a_description_without_a_signature_is_none(api: Api, model: Model) -> None:
    for signature in (None, {}, {"features": [1]}, {"features": [{}]}, {"features": "ab"}):
        api.replies = [Reply(200, {"name": "sums", "signature": signature})]
        with pytest.raises(NotAnApi):
            model.predict([[1, 2]])


def test_a_part_that_fails_for_good_is_told(api: Api, model: Model, clock: Clock) -> None:
    api.replies = [lambda _: None, *[Reply(503, {}, {"Retry-After": "5"})] * 99]
    with pytest.raises(Unavailable, match=r"The API answered 503\."):
        model.predict(_rows(10_001))
    assert clock.pauses


def test_the_replacement_character_is_sent_escaped_because_the_api_takes_it_for_damage(api: Api, model: Model) -> None:
    model.predict([{"a\ufffd": 1}])
    escaped = len('{"instances":[{"a\\ufffd":1}]}')
    assert (api.asked[0].body, api.asked[0].headers["content-length"]) == (
        {"instances": [{"a\ufffd": 1}]},
        str(escaped),
    )
