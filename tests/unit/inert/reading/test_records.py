"""Records say what a file would have made, whatever protocol and NumPy wrote it."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.tree import DecisionTreeClassifier

from picklejar import inert
from picklejar.errors import DamagedPickle, UnsafePickle, UnsupportedEstimator
from picklejar.inert.reading.records import UNSET, Record, read, read_leniently

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
PLAIN = [None, True, 7, -(2**80), 0.5, "text", (1, (2,)), [1, [2]], {"a": {"b": 1}}]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("value", PLAIN, ids=repr)
def test_plain_values_are_themselves(value: Any, protocol: int) -> None:
    made = read(pickle.dumps(value, protocol)).value
    assert made == value
    assert type(made) is type(value)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_an_object_is_a_record_of_its_calls(protocol: int) -> None:
    record = read(pickle.dumps(LinearRegression(), protocol)).value
    assert isinstance(record, Record)
    assert record.name == "sklearn.linear_model._base.LinearRegression"
    assert record.state["fit_intercept"] is True
    assert not record.items


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_fitted_estimator_is_read_from_every_protocol(protocol: int) -> None:
    X = np.arange(8.0).reshape(4, 2) ** 1.5
    fitted = LinearRegression().fit(X, X.sum(axis=1))
    np.testing.assert_array_equal(inert.loads(pickle.dumps(fitted, protocol)).predict(X), fitted.predict(X))


def test_without_a_state_there_is_none() -> None:
    assert read(b"cnumpy\nndarray\n)R.").value.state is UNSET


def test_items_are_noted_in_their_order() -> None:
    record = read(b"\x80\x02cnumpy\nndarray\n)\x81(K\x02NK\x01Nu.").value
    assert record.items == [(2, None), (1, None)]


def test_a_mapping_of_protocol_0_is_noted_as_it_is() -> None:
    record = read(b"ccopy_reg\n_reconstructor\n(cnumpy\nndarray\nc__builtin__\ndict\n}K\x01NstR.").value
    assert record.name == "numpy.ndarray"
    assert list(record.items) == [(1, None)]


def test_the_names_of_numpy_1_are_those_of_numpy_2() -> None:
    assert read(b"cnumpy.core.multiarray\nscalar\n)R.").value.name == "numpy._core.multiarray.scalar"
    with pytest.raises(UnsafePickle, match=r"numpy\._core\.load"):
        read(b"cnumpy.core\nload\n.")


DAMAGED = {
    "a state set twice": b"\x80\x02cnumpy\nndarray\n)\x81NbNb.",
    "an item of what is made of a mapping": b"ccopyreg\n_reconstructor\n(cnumpy\nndarray\nN}tRNNs.",
    "an object of no class": b"ccopyreg\n_reconstructor\n(NNNtR.",
    "a call of what is not a class": b"])R.",
    "a call with names": b"\x80\x04cnumpy\nndarray\n)}X\x01\x00\x00\x00aNs\x92.",
    "no list of pairs": b"}(Nu.",
}


@pytest.mark.parametrize("data", DAMAGED.values(), ids=DAMAGED.keys())
def test_calls_that_contradict_one_another_are_damage(data: bytes) -> None:
    with pytest.raises(DamagedPickle):
        read(data)


@pytest.mark.parametrize("pair", [b"K\x01Vreal\n", b"cnumpy\nndarray\nVreal\n", b"cnumpy\nndarray\n)\x81V__class__\n"])
def test_an_attribute_is_noted_as_a_method_of_an_object_alone(pair: bytes) -> None:
    assert read(b"c__builtin__\ngetattr\n(cnumpy\nndarray\n)\x81Vreal\ntR.").value.args == ()
    with pytest.raises(UnsafePickle, match="asks for an attribute"):
        read(b"c__builtin__\ngetattr\n(" + pair + b"tR.")


def test_an_unknown_global_is_refused_by_name() -> None:
    with pytest.raises(UnsafePickle, match=r"os\.system"):
        read(b"cos\nsystem\n.")


def test_a_known_estimator_that_is_not_read_is_refused_as_such() -> None:
    with pytest.raises(UnsupportedEstimator, match="live"):
        read(b"csklearn.cluster._birch\nBirch\n.")


def test_an_object_outside_the_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The opcodes are refused already; were they not, this would be."""
    monkeypatch.setattr("picklejar.inert.reading.records.verify", lambda _: 0)
    with pytest.raises(UnsafePickle, match="outside itself"):
        read(b"Pname\n.")


def test_read_leniently_whatever_is_named_is_a_record() -> None:
    made, _, names = read_leniently(
        b"](cos\nsystem\n)Rcos\npopen\n)Rcnumpy\nndarray\n)Rccopyreg\n_reconstructor\n(cnumpy\nndarray\nNNtRe."
    )
    assert [one.name for one in made] == ["something.unknown", "something.unknown", "numpy.ndarray", "numpy.ndarray"]
    assert type(made[0]) is type(made[1])
    assert names == {("os", "system"), ("os", "popen"), ("numpy", "ndarray"), ("copyreg", "_reconstructor")}
    with pytest.raises(DamagedPickle):
        read_leniently(b"])R.")


RELEASES = {"1.5.0": True, "1.5.2": True, "1.6.1": True, "1.7.2": True, "1.8.0": True, "1.9.1": True, "1.9.dev0": True}
RELEASES |= {
    "1.4.2": True,
    "0.24.2": True,
    "0.19.1": True,
    "0.18.2": False,
    "2.0.0": False,
    "1.10.0": False,
    "1.50": False,
    "": False,
    "\x1b[2J": False,
}


@pytest.mark.parametrize(("release", "read"), RELEASES.items(), ids=map(repr, RELEASES))
def test_releases_whose_state_is_known_are_read(release: str, read: bool, rewritten: Any) -> None:
    data = rewritten(DecisionTreeClassifier().fit([[0], [1]], [0, 1]), _sklearn_version=release)
    if read:
        inert.loads(data)
    else:
        shown = release if release.isprintable() else "unknown"
        with pytest.raises(UnsupportedEstimator, match=f"scikit-learn {shown} "):
            inert.loads(data)


@pytest.mark.parametrize("release", [None, 1.9, ["1.9"]], ids=repr)
def test_a_release_that_is_no_text_is_none(release: Any, rewritten: Any) -> None:
    with pytest.raises(UnsupportedEstimator, match="scikit-learn unknown"):
        inert.loads(rewritten(LinearRegression().fit([[0], [1]], [0, 1]), _sklearn_version=release))
