"""A state hands out what is there as what it must be, and says what is wrong by its name."""

from __future__ import annotations

import math
import pickle
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import VotingRegressor
from sklearn.linear_model import LinearRegression
from sklearn.utils import Bunch

from picklejar.errors import DamagedPickle, UnsupportedEstimator
from picklejar.inert.reading.records import Record, read, stand_in
from picklejar.inert.reading.state import EstimatorState, State, WidthUnknown
from picklejar.inert.reading.storage import AS_IT_IS, Given, Precision, Storage
from picklejar.inert.restorer import Restorer


def _state(value: Any = None, size: int = 100_000) -> EstimatorState:
    """Return the state of an estimator with the attribute `a`."""
    holder = LinearRegression().fit([[1.0], [2.0]], [1.0, 2.0])
    holder.a = value
    return EstimatorState(read(pickle.dumps(holder)).value, Restorer(size))


LINEAR = "sklearn.linear_model._base.LinearRegression"
Reader = Callable[[State], Any]
PAIR = np.array([(1, 2)], dtype=[("x", "i8"), ("y", "i8")])
RIGHT: dict[str, tuple[Any, Reader, Any]] = {
    "floats": (np.array([1, 2]), lambda state: state.floats("a", (3,), (2,)), [1.0, 2.0]),
    "floats of any length": (np.array([True]), lambda state: state.floats("a", (None,)), [1.0]),
    "integers": (np.array([1, 2], dtype="u1"), lambda state: state.integers("a", (2,)), [1, 2]),
    "the largest integer": (np.array([2**63 - 1], dtype="u8"), lambda state: state.integers("a", (1,)), [2**63 - 1]),
    "one field of two": (PAIR, lambda state: state.structured("a", "x")["x"], [1]),
    "large integers": (np.array([2**62], dtype="u8"), lambda state: state.integers("a", (1,)), [2**62]),
    "labels": (np.array(["a", "b"]), lambda state: state.labels("a", 2), ["a", "b"]),
    "labels of any type": (np.array(["a", 1], dtype=object), lambda state: state.labels("a").tolist(), ["a", 1]),
    "a structure": (np.array([(1,)], dtype=[("x", "i8")]), lambda state: state.structured("a", "x")["x"], [1]),
    "a number": (2, lambda state: state.number("a"), 2.0),
    "a number of NumPy": (np.float64(2.5), lambda state: state.number("a"), 2.5),
    "a number that may be NaN": (math.inf, lambda state: state.number_or_nan("a"), math.inf),
    "no number, where it may be": (math.nan, lambda state: math.isnan(state.number_or_nan("a")), True),
    "an infinite number": (-math.inf, lambda state: state.number("a"), -math.inf),
    "an integer": (3, lambda state: state.integer("a", at_least=3, at_most=3), 3),
    "a flag": (np.bool_(True), lambda state: state.flag("a"), True),
    "a flag by default": (None, lambda state: state.flag("b", False), False),
    "a choice": ("x", lambda state: state.choice("a", "y", "x"), "x"),
    "a choice by default": (None, lambda state: state.choice("b", "y", "x", default="x"), "x"),
    "a list": ([1, "a"], lambda state: state.sequence("a", 2), [1, "a"]),
    "a tuple": ((1, "a"), lambda state: state.sequence("a"), [1, "a"]),
    "an array as a list": (np.array([[1, 2], [3, 4]]), lambda state: state.sequence("a", 4), [1, 2, 3, 4]),
    "numbers": ([1, np.float64(2.5), True], lambda state: state.numbers("a"), [1.0, 2.5, 1.0]),
    "arrays": ([np.array([1])], lambda state: state.float_arrays("a", 1)[0], [1.0]),
    "a mapping": ({"x": 1}, lambda state: state.mapping("a"), {"x": 1}),
    "a mapping of scikit-learn": (Bunch(x=1), lambda state: state.mapping("a"), {"x": 1}),
    "whether there is one": (None, lambda state: state.has("a"), False),
    "an array in a list": ([np.array([7])], lambda state: state.array_of(state.sequence("a")[0]), [7]),
    "an estimator": (
        LinearRegression().fit([[0.0]], [1.0]), lambda state: state.estimator("a").n_features_in_, 1
    ),
    "estimators": (
        [LinearRegression().fit([[0.0]], [1.0])], lambda state: state.estimators("a", 1)[0].n_features_in_, 1
    ),
    "an estimator in a list": (
        [LinearRegression().fit([[0.0]], [1.0])],
        lambda state: state.estimator_of(state.sequence("a")[0]).n_features_in_,
        1,
    ),
    "the name of a type": (np.dtype("f8"), lambda state: state.type_name("a"), "f8"),
    "the name of a class": (LinearRegression, lambda state: state.global_name("a"), LINEAR),
    "no name of a class": (1, lambda state: state.global_name("a"), None),
    "a part": (Bunch(), lambda state: state.part("a", "sklearn.utils._bunch.Bunch").has("x"), False),
}  # fmt: skip


@pytest.mark.parametrize(("value", "reader", "expected"), RIGHT.values(), ids=RIGHT.keys())
def test_what_is_there_is_handed_out(value: Any, reader: Reader, expected: Any) -> None:
    made = reader(_state(value))
    assert (made.tolist() if isinstance(made, np.ndarray) else made) == expected


WRONG: dict[str, tuple[Any, Reader]] = {
    "nothing": (None, lambda state: state.value("b")),
    "an array of another shape": (np.zeros(3), lambda state: state.floats("a", (2,), (None, 2))),
    "texts as numbers": (np.array(["a"]), lambda state: state.floats("a", (1,))),
    "a list as an array": ([1.0], lambda state: state.floats("a", (1,))),
    "numbers as integers": (np.zeros(1), lambda state: state.integers("a", (1,))),
    "too large an integer": (np.array([2**63], dtype="u8"), lambda state: state.integers("a", (1,))),
    "objects as labels": (np.array([np.dtype("f8")], dtype=object), lambda state: state.labels("a")),
    "a field that is not there": (np.array([(1,)], dtype=[("x", "i8")]), lambda state: state.structured("a", "y")),
    "no number": ("1", lambda state: state.number("a")),
    "NaN": (math.nan, lambda state: state.number("a")),
    "a truth value as a number": (True, lambda state: state.number("a")),
    "an integer beyond every float": (10**400, lambda state: state.number("a")),
    "an integer beyond its bounds": (4, lambda state: state.integer("a", at_least=0, at_most=3)),
    "an integer below its bounds": (-1, lambda state: state.integer("a", at_least=0, at_most=3)),
    "a truth value as an integer": (True, lambda state: state.integer("a", at_least=0, at_most=3)),
    "a float as an integer": (1.0, lambda state: state.integer("a", at_least=0, at_most=3)),
    "a number as a flag": (1, lambda state: state.flag("a")),
    "a list of another length": ([1], lambda state: state.sequence("a", 2)),
    "a text as a list": ("ab", lambda state: state.sequence("a")),
    "a text among numbers": ([1, "a"], lambda state: state.numbers("a")),
    "NaN among numbers": ([math.nan], lambda state: state.numbers("a")),
    "texts among arrays": ([np.array(["a"])], lambda state: state.float_arrays("a")),
    "a list as a mapping": ([], lambda state: state.mapping("a")),
    "a list as an estimator": ([], lambda state: state.estimator("a")),
    "an array as an estimator": (np.zeros(1), lambda state: state.estimator("a")),
    "an array as a part": (np.zeros(1), lambda state: state.part("a", "sklearn.utils._bunch.Bunch")),
    "a list as a part": ([], lambda state: state.part("a", "sklearn.utils._bunch.Bunch")),
}


@pytest.mark.parametrize(("value", "reader"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_damage(value: Any, reader: Reader) -> None:
    state = _state(value)
    with pytest.raises(DamagedPickle):
        reader(state)


PAIRS = np.zeros(10, dtype=[("x", "f8"), ("y", "f4")])
# For a state of one hundred numbers, or of ten pairs: the bytes of memory that a reader charges before it makes them.
CHARGES: dict[str, tuple[Any, Reader, int]] = {
    "floats": (np.zeros(100), lambda state: state.floats("a", (100,)), 128 + 400 + 6_400),
    "floats as they are": (np.zeros(100), lambda state: state.kept_floats("a", (100,)), 128 + 400 + 6_400),
    "few bytes": (np.zeros(100, "u1"), lambda state: state.floats("a", (100,)), 128 + 50 + 6_400),
    "integers": (np.zeros(100, "i2"), lambda state: state.integers("a", (100,)), 128 + 100 + 6_400),
    "labels": (np.zeros(100), lambda state: state.labels("a"), 128 + 400 + 2_400),
    "objects": (np.array(["a"] * 100, dtype=object), lambda state: state.labels("a"), 128 + 1_600 + 2_400),
    "a structure": (PAIRS, lambda state: state.structured("a", "x"), 128 + 60 + 3_000 + 840),
    "a list": ([None] * 100, lambda state: state.sequence("a"), 4_000),
    "a list from an array": (np.zeros(100), lambda state: state.sequence("a"), 128 + 400 + 4_000 + 4_000),
    "numbers": ([0.5] * 100, lambda state: state.numbers("a"), 4_000 + 6_400),
    "arrays": ([np.zeros(50)] * 2, lambda state: state.float_arrays("a"), 80 + 2 * (128 + 200) + 6_400),
    "a mapping": ({str(key): 0 for key in range(100)}, lambda state: state.mapping("a"), 10_000),
}


@pytest.mark.parametrize(("value", "reader", "cost"), CHARGES.values(), ids=CHARGES.keys())
def test_what_is_made_is_charged(value: Any, reader: Reader, cost: int) -> None:
    state = _state(value, size=1_000_000)
    before = state._restorer._bytes_left  # type: ignore[attr-defined]
    reader(state)
    assert before - state._restorer._bytes_left == cost  # type: ignore[attr-defined]


def test_a_state_itself_is_charged_by_its_attributes() -> None:
    attributes = len(read(pickle.dumps(LinearRegression().fit([[1.0], [2.0]], [1.0, 2.0]))).value.state) + 1
    assert _state(size=1_000_000)._restorer._bytes_left == 1_000_000 - 800 - 8 * attributes  # type: ignore[attr-defined]


@pytest.mark.parametrize(("kind", "in_float32"), [("f4", True), ("f8", False), ("i4", False), ("u1", False)])
def test_what_was_read_as_float32_is_known(kind: str, in_float32: bool) -> None:
    for value, reader in (
        (np.ones(2, kind), lambda state: state.floats("a", (2,))),
        (np.ones(2, kind), lambda state: state.kept_floats("a", (2,))),
        ([np.ones(2, kind)], lambda state: state.float_arrays("a")),
        ([np.ones(2, kind)], lambda state: state.kept_float_arrays("a")),
    ):
        state = _state(value)
        assert not state.in_float32
        made = reader(state)  # type: ignore[no-untyped-call]
        assert state.in_float32 is in_float32
        kept = made[0] if isinstance(made, list) else made
        assert kept.dtype in ((np.float32, np.float64) if in_float32 else (np.float64,))


@pytest.mark.parametrize("kind", ["f4", "f8", "i8"])
def test_floats_are_kept_as_they_are_only_where_they_are_float32(kind: str) -> None:
    kept = np.float32 if kind == "f4" else np.float64
    assert _state(np.ones(2, kind)).kept_floats("a", (2,)).dtype == kept
    assert _state([np.ones(2, kind)]).kept_float_arrays("a")[0].dtype == kept
    assert _state(np.ones(2, kind)).is_double("a") is (kind == "f8")


@pytest.mark.parametrize(
    ("value", "named"),
    [("w", "a='w'"), ("z", "a='z'"), (2**63, f"a={2**63}"), (2**64, "a"), (["w"], "a"), (1.5, "a=1.5")],
)
def test_another_choice_is_named_where_it_is_plain(value: Any, named: str) -> None:
    with pytest.raises(UnsupportedEstimator) as refused:
        _state(value).choice("a", "x")
    assert refused.value.reason == f"{LINEAR} with {named} is not read as data."


def test_an_integer_lies_between_its_bounds() -> None:
    for number in (3, 4, 5):
        assert _state(number).integer("a", at_least=3, at_most=5) == number
    for number in (2, 6):
        with pytest.raises(DamagedPickle, match="no integer from 3 to 5 in a"):
            _state(number).integer("a", at_least=3, at_most=5)


@pytest.mark.parametrize("value", ["z", 1, True, 10**30, [], None], ids=repr)
def test_another_choice_is_not_supported_and_named(value: Any) -> None:
    with pytest.raises(UnsupportedEstimator, match="with a"):
        _state(value).choice("a", "x", 1.0, False)


def test_a_file_is_not_read_far_more_often_than_it_is_long() -> None:
    state = _state(np.zeros(100), size=66_000)
    for _ in range(9):
        state.floats("a", (100,))
    with pytest.raises(DamagedPickle, match="more often"):
        state.floats("a", (100,))


VOTING = pickle.dumps(VotingRegressor([("a", LinearRegression())]).fit([[0.0], [1.0]], [0.0, 1.0]))


def _nested(depth: int, times: int = 1) -> Any:
    """Return the record of an estimator within an estimator, and so on, each so many times in the next."""
    record = read(VOTING).value
    for _ in range(depth):
        outer = read(VOTING).value
        outer.state["estimators_"] = [record] * times
        outer.state["estimators"] = outer.state["estimators"] * times
        record = outer
    return record


def test_so_many_estimators_lie_within_one_another_and_no_more() -> None:
    Restorer(10**6).estimator(_nested(10))
    with pytest.raises(DamagedPickle, match="nests more than 20 estimators"):
        Restorer(10**6).estimator(_nested(30))


def test_an_estimator_that_contains_itself_is_damage() -> None:
    record = read(VOTING).value
    record.state["estimators_"] = [record]
    with pytest.raises(DamagedPickle, match="contains itself"):
        Restorer(10**6).estimator(record)


def test_estimators_that_are_referred_to_without_end_are_damage() -> None:
    Restorer(10**7).estimator(_nested(3, 10))
    with pytest.raises(DamagedPickle, match="far more numbers"):
        Restorer(10**7).estimator(_nested(12, 10))


def _record(state: bytes) -> Any:
    return read(b"\x80\x02csklearn.linear_model._base\nLinearRegression\n)\x81" + state + b".").value


@pytest.mark.parametrize("state", [b"]b", b"Nb", b"N}\x86b", b"}K\x01Nsb"], ids=repr)
def test_a_state_that_is_no_set_of_attributes_is_damage(state: bytes) -> None:
    with pytest.raises(DamagedPickle, match="not a set of attributes"):
        State(_record(state), Restorer(1000))


def test_without_a_state_there_are_no_attributes() -> None:
    assert not State(_record(b""), Restorer(1000)).has("a")


@pytest.mark.parametrize(
    ("value", "number"),
    [(sys.float_info.max, True), (-sys.float_info.max, True), (int(sys.float_info.max), True), (-(10**400), False)],
    ids=["largest", "smallest", "largest integer", "beyond"],
)
def test_every_finite_float_is_a_number_and_no_integer_beyond(value: float, number: bool) -> None:
    for reader in (lambda: _state(value).number("a"), lambda: _state([value]).numbers("a").item()):
        if number:
            assert reader() == value
        else:
            with pytest.raises(DamagedPickle, match="number"):
                reader()


@pytest.mark.parametrize(
    ("release", "shown"),
    [
        ("1.10.2", "1.10.2"), ("1.10." + "2" * 15, "1.10." + "2" * 15), ("1.10." + "2" * 16, "1.10." + "2" * 15),
        ("1.10." + "2" * 15 + "\x00", "1.10." + "2" * 15), ("1.10." + "2" * 14 + "\x00", "unknown"),
        (14, "unknown"), ("1.123456789012345678", "1.123456789012345678"),
        ("1.1234567890123456789", "1.123456789012345678"),
    ],
)  # fmt: skip
def test_another_release_is_named_beside_those_that_are_read(release: Any, shown: str) -> None:
    holder = LinearRegression().fit([[1.0], [2.0]], [1.0, 2.0])
    record = read(pickle.dumps(holder)).value
    record.state["_sklearn_version"] = release
    with pytest.raises(UnsupportedEstimator) as refused:
        EstimatorState(record, Restorer(10_000))
    assert f"the state of scikit-learn {shown} (read are 0.19 to 1.9)" in refused.value.reason


def test_a_release_is_the_first_two_of_its_numbers() -> None:
    record = read(pickle.dumps(LinearRegression().fit([[1.0], [2.0]], [1.0, 2.0]))).value
    record.state["_sklearn_version"] = "1.9.dev0+0123456789abcdef"
    assert EstimatorState(record, Restorer(10_000)).release == "1.9"


@pytest.mark.parametrize(("features", "read_"), [(0, False), (1, True), (2**22, True), (2**22 + 1, False)])
def test_an_estimator_has_one_feature_to_four_million(features: int, read_: bool) -> None:
    record = read(pickle.dumps(LinearRegression().fit([[1.0], [2.0]], [1.0, 2.0]))).value
    record.state["n_features_in_"] = features
    state = EstimatorState(record, Restorer(10_000))
    if read_:
        assert state.n_features == features
    else:
        error = DamagedPickle if features else UnsupportedEstimator
        with pytest.raises(
            error, match="no integer from 0 to 4194304 in n_features_in_" if features else "no features"
        ):
            _ = state.n_features


def test_an_array_of_another_number_of_dimensions_is_damage_that_names_both() -> None:
    with pytest.raises(DamagedPickle, match=r"has an array of shape \(2, 3\) and type float64 in a, not \(2,\)\."):
        _state(np.zeros((2, 3))).floats("a", (2,))
    wide = np.zeros(1, dtype=[(f"field{number:02}", "f8") for number in range(20)])
    with pytest.raises(DamagedPickle) as damage:
        _state(wide).floats("a", (2, 2), (None,))
    assert f"type {str(wide.dtype)[:100]} in a, not (2, 2) or (any,)." in str(damage.value)


def test_what_is_named_in_a_refusal_is_cut() -> None:
    with pytest.raises(UnsupportedEstimator) as refused:
        _state("w" * 200).choice("a", "x")
    assert refused.value.reason == f"{LINEAR} with a='{'w' * 97} is not read as data."
    with pytest.raises(UnsupportedEstimator, match="with a is not read"):
        _state(2**65).choice("a", "x")


@pytest.mark.parametrize(("dtype", "is_copied"), [(np.float32, False), (np.float64, False), (np.int64, True)])
def test_kept_numbers_are_copied_only_where_they_change(dtype: Any, is_copied: bool) -> None:
    # What lies in the file cannot be written to.
    ones = np.ones(2, dtype)
    assert _state(ones).kept_floats("a", (2,)).flags.writeable is is_copied
    assert _state([ones]).kept_float_arrays("a")[0].flags.writeable is is_copied


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
def test_kept_numbers_stay_in_the_order_of_the_file(dtype: Any) -> None:
    by_columns = np.asfortranarray(np.ones((3, 2), dtype))
    assert _state(by_columns).kept_floats("a", (3, 2)).flags.f_contiguous
    assert _state([by_columns]).kept_float_arrays("a", 1)[0].flags.f_contiguous
    assert _state(by_columns).floats("a", (3, 2)).flags.c_contiguous


def test_a_part_of_another_class_names_the_first_that_it_may_be() -> None:
    with pytest.raises(DamagedPickle, match=r"has something other than b\.First where"):
        _state(Bunch()).part("a", "b.First", "b.Second")


def _made(module: str, name: str, *args: Any, **attributes: Any) -> Record:
    record = Record.__new__(stand_in(module, name), *args)
    record.state = {key: value if isinstance(value, Record) else _as_read(value) for key, value in attributes.items()}
    return record


def _as_read(value: Any) -> Any:
    return value if isinstance(value, list) else read(pickle.dumps(value)).value


def _of_release(release: str, given: Given = AS_IT_IS, restorer: Any = None, **attributes: Any) -> EstimatorState:
    """Return the state of an estimator as a release of scikit-learn wrote it, which has these attributes alone."""
    record = _made("sklearn.naive_bayes", "GaussianNB", _sklearn_version=release, **attributes)
    return EstimatorState(record, restorer or Restorer(100_000), given)


ALL_RELEASES = "0.19 0.20 0.21 0.22 0.23 0.24 1.0 1.1 1.2 1.3 1.4 1.5 1.6 1.7 1.8 1.9".split()


def test_a_release_is_before_those_that_came_later() -> None:
    for place, release in enumerate(ALL_RELEASES):
        state = _of_release(f"{release}.1")
        assert [other for other in ALL_RELEASES if state.before(other)] == ALL_RELEASES[place + 1 :]
        assert state.is_old is (place < ALL_RELEASES.index("1.5"))


@pytest.mark.parametrize(("release", "is_there"), [("1.4.2", True), ("1.5.0", False)])
def test_attributes_of_an_older_release_have_their_names_of_today(release: str, is_there: bool) -> None:
    state = _of_release(release, sigma_=[1.0])
    assert (state.has("var_"), state.has("sigma_")) == (is_there, True)


@pytest.mark.parametrize(
    ("release", "value", "flag"),
    [("1.4", 0, False), ("1.4", 1, True), ("1.4", True, True), ("1.4", 2, None), ("1.4", -1, None), ("1.4", 1.0, None),
     ("1.5", 1, None), ("1.5", 0, None), ("1.5", True, True)],
)  # fmt: skip
def test_a_flag_of_an_older_release_may_be_a_number(release: str, value: Any, flag: bool | None) -> None:
    state = _of_release(release, a=value)
    if flag is None:
        with pytest.raises(DamagedPickle, match="has neither True nor False in a"):
            state.flag("a")
    else:
        assert state.flag("a") is flag


HALF = np.array([1], "f2")


@pytest.mark.parametrize(
    ("value", "reader"),
    [
        (HALF[0], lambda state: state.number("a")),
        (HALF, lambda state: state.floats("a", (1,))),
        (HALF, lambda state: state.sequence("a")),
        ([HALF], lambda state: state.float_arrays("a")),
        ([HALF[0]], lambda state: state.numbers("a")),
    ],
)
def test_what_is_not_read_of_numpy_is_not_supported_and_has_a_way_out(value: Any, reader: Reader) -> None:
    state = _state(value)
    with pytest.raises(UnsupportedEstimator) as refused:
        reader(state)
    assert refused.value.reason == (
        f'{LINEAR} with numbers of float16 is not read as data. Fit it again on float64, as X.astype("float64") makes.'
    )


@pytest.mark.parametrize(
    ("args", "name"),
    [
        (("numpy.core._multiarray_umath", "exp"), "numpy.exp"), (("numpy", "log"), "numpy.log"),
        (("numpyx.core", "exp"), None), (("a.numpy", "exp"), None), (("zz", "exp"), None), (("numpy", 1), None),
        ((1, "exp"), None), (("numpy",), None), ((), None), (("numpy", "exp", 1), "numpy.exp"), ((1, 1), None),
    ],
)  # fmt: skip
def test_a_function_that_older_releases_of_numpy_wrote_has_its_full_name(args: Any, name: str | None) -> None:
    record = _made("numpy.core", "_ufunc_reconstruct", *args)
    assert _of_release("1.9", a=record).global_name("a") == name


def test_a_record_that_is_no_function_has_no_name() -> None:
    for module, name in (("sklearn.naive_bayes", "GaussianNB"), ("numpy", "dtype"), ("builtins", "bytes")):
        assert _of_release("1.9", a=_made(module, name, "numpy", "exp")).global_name("a") is None


DIGITS, ENCODED = "numbers whose last digit depends on the computer,", "numbers that an encoder of float32 has part in,"


@pytest.mark.parametrize(
    ("precision", "refused", "sentence"),
    [
        (Precision.COMPUTED, (Precision.COMPUTED, Precision.ROUNDED), f"{DIGITS} is not read as data."),
        (Precision.ROUNDED, (Precision.COMPUTED, Precision.ROUNDED), f"{ENCODED} is not read as data. Encode with"),
        (Precision.ROUNDED, (Precision.ROUNDED,), f"{ENCODED} is not read as data. Encode with dtype=float64."),
        (Precision.SINGLE, (Precision.SINGLE,), ENCODED),
        (Precision.EXACT, (Precision.EXACT,), ENCODED),
        (Precision.EXACT, (Precision.COMPUTED,), None),
        (Precision.COMPUTED, (Precision.ROUNDED, Precision.SINGLE), None),
        (Precision.SCALED, (Precision.COMPUTED, Precision.ROUNDED), None),
        (Precision.ROUNDED, (), None),
    ],
)  # fmt: skip
def test_numbers_that_are_not_near_enough_are_refused(precision: Any, refused: Any, sentence: str | None) -> None:
    state = _of_release("1.9", Given(precision=precision))
    if sentence is None:
        state.refuse_precision(*refused)
    else:
        with pytest.raises(UnsupportedEstimator) as error:
            state.refuse_precision(*refused)
        assert sentence in error.value.reason


class _Asked:
    """A restorer of which the test says which records tell their width, and that notes what it is asked."""

    def __init__(self, **widths: int) -> None:
        self.widths, self.asked = widths, list[Any]()

    def estimator(self, record: Any, given: Given) -> Any:
        self.asked.append((record, given))
        if not (width := self.widths.get(record, given.width)):
            raise WidthUnknown("an estimator")
        return SimpleNamespace(name=record, n_features_in_=width)

    def array(self, record: Any) -> Any:
        return Restorer(10_000).array(record)

    def charge(self, _: int) -> None:
        pass


COMES = Given(Storage.SPARSE, Precision.COMPUTED)


def test_estimators_that_do_not_tell_their_width_are_as_wide_as_those_beside_them() -> None:
    restorer = _Asked(b=3, c=4)
    state = _of_release("0.22", COMES, restorer)
    found = [(item.name, item.n_features_in_) for item in state.estimators_of(["a", "b", "c", "d"])]
    assert found == [("a", 3), ("b", 3), ("c", 4), ("d", 3)]
    three = COMES._replace(width=3)
    assert restorer.asked == [*((name, COMES) for name in "abcd"), ("a", three), ("d", three)]


@pytest.mark.parametrize(
    ("release", "width", "found"), [("0.22", 5, [5, 3]), ("1.5", 5, [5, 3]), ("0.22", 0, [3, 3]), ("1.5", 0, None)]
)
def test_estimators_are_asked_once_where_their_width_is_known(release: str, width: int, found: Any) -> None:
    restorer = _Asked(b=3)
    state = _of_release(release, COMES._replace(width=width), restorer)
    if found is None:
        with pytest.raises(WidthUnknown):
            state.estimators_of(["a", "b"])
        return
    assert [item.n_features_in_ for item in state.estimators_of(["a", "b"])] == found
    given = COMES._replace(width=width)
    assert restorer.asked[:2] == [("a", given), ("b", given)]
    assert len(restorer.asked) == (2 if width else 3)


def test_estimators_of_which_none_tells_its_width_are_refused() -> None:
    with pytest.raises(WidthUnknown):
        _of_release("0.22", COMES, _Asked()).estimators_of(["a", "b"])


def test_an_estimator_within_comes_by_what_its_owner_comes_by() -> None:
    given = Given(Storage.SPARSE, Precision.ROUNDED, 7)
    restorer = _Asked(a=1)
    state = _of_release("1.9", given, restorer, part=_made("sklearn.utils", "Bunch"))
    state.estimator_of("a")
    state.estimator_of("a", COMES)
    assert restorer.asked == [("a", given), ("a", COMES)]
    part = state.part("part", "sklearn.utils._bunch.Bunch")
    assert (part.given, part.precision, part.width, part.release) == (*given, "1.9")


def _array(*shape: int) -> Any:
    return _as_read(np.ones(shape))


WIDE: dict[str, tuple[dict[str, Any], int]] = {
    "a number": ({"n_features_": 5}, 5),
    "another number": ({"n_features": 1}, 1),
    "no number of none": ({"n_features_": 0, "n_features": 4}, 4),
    "no truth value": ({"n_features_": True, "n_features": 4}, 4),
    "no number below none": ({"n_features_": -3, "n_features": 4}, 4),
    "no text": ({"n_features_": "5", "n_features": 4}, 4),
    "the first of two": ({"n_features": 5, "coef_": _array(3)}, 5),
    "the last axis of two": ({"coef_": _array(2, 3)}, 3),
    "the last axis of one": ({"coef_": _array(3)}, 3),
    "no axis of none": ({"coef_": _array(), "mean_": _array(4)}, 4),
    "no axis without numbers": ({"coef_": _array(2, 0), "mean_": _array(4)}, 4),
    "the first axis": ({"mean_": _array(4)}, 4),
    "the first axis of two": ({"variances_": _array(4, 2)}, 4),
    "no first axis": ({"mean_": _array(), "scale_": _array(6)}, 6),
    "the second axis": ({"components_": _array(2, 3)}, 3),
    "no second axis": ({"components_": _array(2), "n_bins_": _array(6)}, 6),
    "no second axis of none": ({"components_": _array(), "n_bins_": _array(6)}, 6),
    "what is beside a number": ({"coef_": 3, "mean_": _array(4)}, 4),
    "an array in place of a number": ({"n_features_": _array(3), "n_features": 4}, 4),
    "as many as a list has": ({"categories_": [_array(9), _array(8)]}, 2),
    "no list of none": ({"categories_": [], "scores_": _array(5)}, 5),
    "no list on another axis": ({"components_": [1, 2], "scores_": _array(5)}, 5),
    "the first layer of a network": ({"coefs_": [_array(3, 8), _array(8, 1)]}, 3),
    "no layer": ({"coefs_": [], "estimators_": ["b"]}, 9),
    "a part": ({"estimators_": [_made("sklearn.naive_bayes", "GaussianNB", n_features_=6), "a"]}, 6),
    "what comes in, where no part is an estimator": ({"estimators_": ["a"]}, 9),
    "what comes in, where there is no part": ({"estimators_": []}, 9),
    "what comes in": ({}, 9),
}


@pytest.mark.parametrize(("attributes", "width"), WIDE.values(), ids=WIDE.keys())
@pytest.mark.parametrize("release", ["0.19", "0.23", "1.4"])
def test_an_older_estimator_is_as_wide_as_what_it_learned(attributes: Any, width: int, release: str) -> None:
    for part in attributes.get("estimators_", []):
        if isinstance(part, Record):
            part.state["_sklearn_version"] = release
    restorer = _Parts()
    state = _of_release(release, Given(width=9), restorer, **attributes)
    assert state.n_features == width
    assert _of_release(release, Given(width=9), restorer, n_features_in_=2, **attributes).n_features == 2


class _Parts(_Asked):
    """Restores a part as the state of an estimator, which tells its width."""

    def estimator(self, record: Any, given: Given) -> Any:
        return SimpleNamespace(n_features_in_=EstimatorState(record, self, given).n_features)


def test_an_older_estimator_of_which_nothing_tells_the_width_is_refused_and_a_newer_one_is_damage() -> None:
    with pytest.raises(WidthUnknown) as refused:
        _ = _of_release("0.23").n_features
    assert "with no word of how many features it takes, as older releases wrote it," in refused.value.reason
    with pytest.raises(DamagedPickle, match="lacks n_features_in_"):
        _ = _of_release("1.5", n_features=3).n_features
