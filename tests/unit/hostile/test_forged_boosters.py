"""A forged booster: lengths, offsets, children, cycles, features and depths that would lead out of it."""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import VotingRegressor
from sklearn.linear_model import LinearRegression

from picklejar import inert
from picklejar.errors import DamagedPickle, UnsupportedEstimator
from picklejar.inert.base.estimator import InertEstimator
from tests.fuzz.growth import MOST_BESIDE, MOST_PER_BYTE, opened
from tests.xgboost_written import model, pickled, stump, ubjson

ROWS = np.array([[0.0, 1.0], [1.0, np.nan]])
LARGE = 2**62
TREES = "learner__gradient_booster__model__trees"
TREE = f"{TREES}__0"
HOLDER = "learner__gradient_booster__model"
PARAMETERS = "learner__learner_model_param"


def _with_categories(**changes: Any) -> dict[str, Any]:
    made = stump() | {
        "split_type": [1, 0, 0],
        "categories": [3, 5],
        "categories_nodes": [0],
        "categories_segments": [0],
        "categories_sizes": [2],
    }
    return made | changes


FORGED: list[dict[str, Any]] = [
    {f"{TREE}__left_children": [0, -1, -1]},
    {f"{TREE}__left_children": [2, -1, -1]},
    {f"{TREE}__left_children": [3, -1, -1]},
    {f"{TREE}__left_children": [LARGE, -1, -1]},
    {f"{TREE}__left_children": [-LARGE, -1, -1]},
    {f"{TREE}__left_children": [2**70, -1, -1]},
    {f"{TREE}__left_children": [1, 0, -1], f"{TREE}__right_children": [2, 0, -1]},
    {f"{TREE}__left_children": [1, 1, -1], f"{TREE}__right_children": [2, 2, -1]},
    {f"{TREE}__left_children": [1, -1]},
    {f"{TREE}__left_children": []},
    {f"{TREE}__left_children": [1.5, -1.0, -1.0]},
    {f"{TREE}__left_children": ["1", "2", "3"]},
    {f"{TREE}__left_children": "123"},
    {f"{TREE}__left_children": None},
    {f"{TREE}__right_children": [2, 5, -1]},
    {f"{TREE}__right_children": [-1, -1, -1]},
    {f"{TREE}__split_indices": [2, 0, 0]},
    {f"{TREE}__split_indices": [-1, 0, 0]},
    {f"{TREE}__split_indices": [LARGE, 0, 0]},
    {f"{TREE}__split_conditions": [float("nan"), 1.0, 2.0]},
    {f"{TREE}__split_conditions": [0.5, float("nan"), 2.0]},
    {f"{TREE}__split_conditions": [0.5, 1.0]},
    {f"{TREE}__split_conditions": [0.5, 10**400, 1.0]},
    {f"{TREE}__split_type": [1, 0, 0]},
    {f"{TREE}__split_type": []},
    {f"{TREE}__default_left": [1]},
    {f"{TREE}__tree_param__num_nodes": "4"},
    {f"{TREE}__tree_param__num_nodes": "9" * 5_000},
    {f"{TREE}__tree_param__num_feature": "3"},
    {f"{TREE}__tree_param": []},
    {TREE: _with_categories(categories=[3, -5])},
    {TREE: _with_categories(categories=[3, LARGE])},
    {TREE: _with_categories(categories_nodes=[1])},
    {TREE: _with_categories(categories_nodes=[LARGE])},
    {TREE: _with_categories(categories_nodes=[-1])},
    {TREE: _with_categories(categories_nodes=[0, 0], categories_segments=[0, 0], categories_sizes=[2, 2])},
    {TREE: _with_categories(categories_segments=[1])},
    {TREE: _with_categories(categories_sizes=[LARGE])},
    {TREE: _with_categories(categories_sizes=[-2])},
    {TREE: _with_categories(categories=[])},
    {TREES: []},
    {TREES: {}},
    {TREES: [1]},
    {f"{HOLDER}__tree_info": []},
    {f"{HOLDER}__tree_info": [1]},
    {f"{HOLDER}__tree_info": [-1]},
    {f"{HOLDER}__iteration_indptr": [0], "learner__attributes": {"best_iteration": "0"}},
    {f"{HOLDER}__iteration_indptr": [0, LARGE], "learner__attributes": {"best_iteration": "0"}},
    {f"{HOLDER}__iteration_indptr": [0, 0], "learner__attributes": {"best_iteration": "0"}},
    {"learner__attributes": {"best_iteration": "7"}},
    {"learner__attributes": {"best_iteration": "-1"}},
    {"learner__attributes": {"best_iteration": "9" * 5_000}},
    {"learner__attributes": {"best_iteration": 1}},
    {"learner__attributes": []},
    {f"{PARAMETERS}__num_feature": "-1"},
    {f"{PARAMETERS}__num_feature": str(LARGE)},
    {f"{PARAMETERS}__num_feature": "1000000"},
    {f"{PARAMETERS}__num_class": "100000"},
    {f"{PARAMETERS}__num_class": "100000", f"{PARAMETERS}__num_target": "100000"},
    {f"{PARAMETERS}__base_score": "x"},
    {f"{PARAMETERS}__base_score": "[1,2]"},
    {f"{PARAMETERS}__base_score": "NaN"},
    {f"{PARAMETERS}__base_score": "1e39"},
    {f"{PARAMETERS}__base_score": "[" * 5_000},
    {f"{PARAMETERS}__base_score": "1" * 5_000},
    {f"{PARAMETERS}__base_score": '{"a": 1}'},
    {"learner__feature_names": ["a"]},
    {"learner__feature_names": [1, 2]},
    {"learner__feature_types": ["c"]},
    {f"{HOLDER}__cats": {"enc": [{"offsets": [0, 9], "values": [97]}, {"values": []}]}},
    {f"{HOLDER}__cats": {"enc": [{"offsets": [1, 1], "values": [97]}, {"values": []}]}},
    {f"{HOLDER}__cats": {"enc": [{"offsets": [0, 1, 2], "values": [97, 97]}, {"values": []}]}},
    {f"{HOLDER}__cats": {"enc": [{"values": [1, 1]}, {"values": []}]}},
    {f"{HOLDER}__cats": {"enc": [{}]}},
    {"learner__gradient_booster__name": "dart"},
    {"learner__gradient_booster__weight_drop": [1.0, 2.0]},
    {"learner__gradient_booster__weight_drop": [float("inf")]},
    {"learner__gradient_booster__name": "gblinear"},
    {"learner__gradient_booster": []},
    {"learner": None},
    {"version": [3, 1]},
    {"version": [LARGE, LARGE, LARGE]},
    {"version": "3.1.1"},
]


@pytest.mark.parametrize("changes", FORGED, ids=lambda changes: " ".join(changes)[:60])
def test_what_leads_out_of_a_booster_is_refused(changes: dict[str, Any], attempt: Callable[..., Any]) -> None:
    result = attempt(pickled(model([stump()], **changes)))
    assert isinstance(result, DamagedPickle | UnsupportedEstimator)


def test_categories_as_they_should_be_are_read() -> None:
    read = inert.loads(pickled(model([_with_categories()])))
    assert read.predict([[3.0, 0.0], [4.0, 0.0], [5.9, 0.0], [-1.0, 0.0], [2e9, 0.0], [np.nan, 0]]).tolist() == [
        2.5, -0.5, 2.5, -0.5, -0.5, -0.5,
    ]  # fmt: skip


@pytest.mark.parametrize("deep", [b'{"a":' * 100_000, b"[" * 1_000_000, b'{"a":"' + b"[" * 1_000_000 + b'"' + b"}" * 9])
def test_a_document_may_not_be_deep(deep: bytes, attempt: Callable[..., Any]) -> None:
    assert isinstance(attempt(pickled(b'{"version":' + deep)), DamagedPickle)


@pytest.mark.parametrize("handle", [None, 5, "{", [1], b"", b"{}", b"[]", b"binf"])
def test_a_handle_that_is_no_document_is_refused(handle: Any, attempt: Callable[..., Any]) -> None:
    def inside(booster: Any) -> Any:
        booster.state = {"handle": handle}
        return booster

    assert isinstance(attempt(pickled(b"", "Booster", inside)), DamagedPickle | UnsupportedEstimator)


@pytest.mark.parametrize("write", [ubjson, lambda document: json.dumps(document).encode()])
def test_a_bit_may_flip_and_a_file_end_anywhere(
    write: Callable[[Any], bytes], attempt: Callable[..., Any], answers: Callable[..., None]
) -> None:
    data = pickled(write(model([_with_categories(), stump(feature=1)])))
    chance = random.Random(0)
    read = 0
    for place in range(0, len(data), 3):
        damaged = bytearray(data)
        damaged[place] ^= 1 << chance.randrange(8)
        result = attempt(bytes(damaged))
        if isinstance(result, InertEstimator):
            answers(result, ROWS)
            read += 1
    assert 0 < read < len(data)
    for length in range(0, len(data), 31):
        assert isinstance(attempt(data[:length]), DamagedPickle), length


def _sized(count: int) -> bytes:
    return struct.pack(">q", count)


COUNT = 40_000
KEY = b"L" + _sized(1) + b"a"


@pytest.mark.parametrize(
    "filling",
    [
        b"[#L" + _sized(COUNT) + b"Z" * COUNT,
        b"[#L" + _sized(COUNT) + b"{}" * COUNT,
        b"[#L" + _sized(COUNT) + b"i\1" * COUNT,
        b"[#L" + _sized(COUNT // 8) + (b"[#L" + _sized(0)) * (COUNT // 8),
        b"[#L" + _sized(COUNT // 8) + (b"[$U#L" + _sized(0)) * (COUNT // 8),
        b"[#L" + _sized(COUNT // 8) + (b"SL" + _sized(0)) * (COUNT // 8),
        b"[$U#L" + _sized(COUNT) + b"\1" * COUNT,
        b"SL" + _sized(COUNT) + b"a" * COUNT,
        b"{" + b"".join(b"L" + _sized(4) + b"%04x" % at + b"Z" for at in range(10_000)) + b"}",
    ],
)
def test_a_document_is_read_within_the_stated_memory(filling: bytes) -> None:
    whole = ubjson(model([stump()]))
    found = opened(pickled(whole[:-1] + KEY + filling + b"}"))
    assert found.peak <= MOST_PER_BYTE * found.size + MOST_BESIDE


@pytest.mark.parametrize("value", [b"1,", b"[],", b"{},", b'"",', b"null,", b"1e5,", b'"a",', b"[[]],"])
def test_json_is_read_within_the_stated_memory(value: bytes) -> None:
    found = opened(pickled(b'{"a":[' + value * COUNT + b"1]}"))
    assert found.peak <= MOST_PER_BYTE * found.size + MOST_BESIDE


@pytest.mark.parametrize("write", [ubjson, lambda document: json.dumps(document).encode()])
def test_many_trees_and_categories_are_read_within_the_stated_memory(write: Callable[[Any], bytes]) -> None:
    each = [_with_categories(categories=[at, at + 1]) for at in range(150)]
    for trees in ([stump()] * 150, each):
        found = opened(pickled(write(model(trees))))
        assert found.was_read
        assert found.peak <= MOST_PER_BYTE * found.size + MOST_BESIDE


def test_a_booster_that_is_named_often_is_counted_as_often(attempt: Callable[..., Any]) -> None:
    def often(count: int) -> bytes:
        voting = VotingRegressor([("a", LinearRegression())]).fit([[1.0, 2.0], [2.0, 1.0]], [1.0, 2.0])

        def inside(booster: Any) -> Any:
            voting.estimators_ = [booster] * count
            return voting

        return pickled(ubjson(model([stump()] * 300)), inside=inside)

    assert isinstance(attempt(often(3)), InertEstimator)
    assert "far more numbers" in str(attempt(often(20_000)))
