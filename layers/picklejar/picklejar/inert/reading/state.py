"""The learned state of one object, read attribute by attribute, each with the type and shape it must have.

Over 250 lines, because every check and every charge of a value stands in one place.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from picklejar.errors import DamagedPickle, UnsupportedEstimator
from picklejar.inert.reading import arrays
from picklejar.inert.reading.records import UNSET, Record
from picklejar.inert.reading.storage import AS_IT_IS, Given, Precision

if TYPE_CHECKING:
    from numpy.typing import NDArray

# The releases of scikit-learn whose learned state was compared.
OLD_VERSIONS = ("0.19", "0.20", "0.21", "0.22", "0.23", "0.24", "1.0", "1.1", "1.2", "1.3", "1.4")
VERSIONS = (*OLD_VERSIONS, "1.5", "1.6", "1.7", "1.8", "1.9")
# What a reader makes, as 64-bit numbers or Python's objects, with what it computes on the way.
BYTES_OF_A_STATE, BYTES_OF_AN_ITEM, BYTES_OF_A_NUMBER, BYTES_OF_A_LABEL, BYTES_OF_A_PAIR = 800, 40, 64, 24, 100
# Of trees, also what they make once they are asked.
TIMES_OF_NODES = 7
# The words of many texts, or the hashes of all.
MOST_FEATURES = 2**22
# What other libraries wrote has no release of scikit-learn; theirs is read with the model.
OF_OTHERS = ("lightgbm.", "xgboost.")
# By which NumPy before 1.20 wrote a function of single numbers.
UFUNC = "numpy._core._ufunc_reconstruct"
type Floats = NDArray[np.float64]
type Integers = NDArray[np.int64]
REQUIRED = object()
LARGEST = sys.float_info.max


class Restorer(Protocol):
    """What a state needs of the restorer."""

    def estimator(self, record: Any, given: Given) -> Any:
        pass

    def array(self, record: Any) -> NDArray[Any]:
        pass

    def charge(self, cost: int) -> None:
        pass


class WidthUnknown(UnsupportedEstimator):
    """An older release did not write how many features an estimator takes, and nothing that it learned tells."""


class State:
    """The attributes of one object; every reader raises DamagedPickle, naming what is missing or wrong.

    A method `x_of` reads as `x` does, but from a value that `sequence` or `mapping` returned, called `name` in errors.
    """

    def __init__(self, record: Record, restorer: Restorer, given: Given = AS_IT_IS, release: str = "") -> None:
        attributes = {} if record.state is UNSET else record.state
        # Objects with slots write a pair; none that is read here has any.
        if type(attributes) is not dict:
            raise DamagedPickle(f"The state of {record.name} is not a set of attributes.")
        restorer.charge(BYTES_OF_A_STATE + BYTES_OF_AN_ITEM * len(attributes) // 5)
        if not all(type(name) is str for name in attributes):
            raise DamagedPickle(f"The state of {record.name} is not a set of attributes.")
        self.class_name = record.name
        self.args = record.args
        # How scikit-learn would store the X that the object is given, and its parts unless it gives them another.
        self.given, self.precision, self.width = given
        # The release of scikit-learn that wrote it, like 1.9.
        self.release = release or _release(attributes)
        self._attributes: dict[str, Any] = attributes if not self.is_old else _of_today(record.name, attributes)
        self._restorer = restorer
        # Whether an array of float32 was read, which scikit-learn computes with in float32.
        self.in_float32 = False

    @property
    def is_old(self) -> bool:
        """Whether attributes may have other names than today's, or be missing."""
        return self.release in OLD_VERSIONS

    def before(self, release: str) -> bool:
        """Return whether an earlier release of scikit-learn than this wrote the object."""
        return VERSIONS.index(self.release) < VERSIONS.index(release)

    def has(self, name: str) -> bool:
        return self._attributes.get(name) is not None

    def value(self, name: str, default: Any = REQUIRED) -> Any:
        value = self._attributes.get(name, default)
        if value is REQUIRED:
            raise self.damaged(f"lacks {name}, as one that was not fitted does")
        return self.plain_of(value)

    def plain_of(self, value: Any) -> Any:
        if not _is_scalar(value):
            return value
        try:
            return arrays.scalar(value)
        except arrays.UnreadArray as unread:
            raise self.unsupported(unread.what, unread.instead) from None

    def type_name(self, name: str) -> str:
        return arrays.type_name(self.value(name))

    def global_name(self, name: str) -> str | None:
        """Return the full name of the class or function that the attribute is, or None."""
        value = self.value(name, None)
        if isinstance(value, Record) and value.name == UFUNC:
            return _ufunc_name(*value.args)
        return value.name if isinstance(value, type) and issubclass(value, Record) else None

    def floats(self, name: str, *shapes: tuple[int | None, ...]) -> Floats:
        """Return an array of numbers as C-ordered float64 of one of the `shapes`; None is any length."""
        return self.floats_of(self.value(name), name, *shapes)

    def floats_of(self, record: Any, name: str, *shapes: tuple[int | None, ...]) -> Floats:
        return np.asarray(self._numbers(record, name, "fiub", shapes), dtype=np.float64, order="C")

    def kept_floats(self, name: str, *shapes: tuple[int | None, ...]) -> NDArray[Any]:
        """Return an array like `floats`, but in its own order, and one of float32 as it is."""
        array = self._numbers(self.value(name), name, "fiub", shapes)
        return array if array.dtype == np.float32 else array.astype(np.float64, copy=False)

    def is_double(self, name: str) -> bool:
        return bool(self.array_of(self.value(name)).dtype == np.float64)

    def integers(self, name: str, *shapes: tuple[int | None, ...]) -> Integers:
        """Return an array of integers or truth values as C-ordered int64 of one of the `shapes`."""
        return self.integers_of(self.value(name), name, *shapes)

    def integers_of(self, record: Any, name: str, *shapes: tuple[int | None, ...]) -> Integers:
        array = self._numbers(record, name, "iub", shapes)
        if array.dtype == np.uint64 and array.size and array.max() > np.iinfo(np.int64).max:
            raise self.damaged(f"has a number in {name} that is too large")
        return np.ascontiguousarray(array, dtype=np.int64)

    def labels(self, name: str, length: int | None = None) -> NDArray[Any]:
        return self.labels_of(self.value(name), name, length)

    def labels_of(self, record: Any, name: str, length: int | None = None) -> NDArray[Any]:
        array = self._array(record, name, "fiubUO", ((length,),))
        self.charge(BYTES_OF_A_LABEL * array.size)
        if array.dtype == object and any(isinstance(item, Record) for item in array):
            raise self.damaged(f"has something other than numbers and text in {name}")
        return array

    def structured(self, name: str, *fields: str) -> NDArray[Any]:
        return self.structured_of(self.value(name), name, *fields)

    def structured_of(self, record: Any, name: str, *fields: str) -> NDArray[Any]:
        array = self._array(record, name, "V", ((None,),))
        self.charge(TIMES_OF_NODES * array.nbytes)
        if not set(fields) <= set(array.dtype.names or ()):
            raise self.damaged(f"lacks one of the fields {', '.join(fields)} in {name}")
        return array

    def number(self, name: str, default: Any = REQUIRED) -> float:
        value = self.value(name, default)
        # An int may be beyond every float, and NaN equals nothing.
        if type(value) not in (int, float) or (not -LARGEST <= value <= LARGEST and value not in (math.inf, -math.inf)):
            raise self.damaged(f"has no number in {name}")
        return float(value)

    def number_or_nan(self, name: str) -> float:
        value = self.value(name)
        return math.nan if isinstance(value, float) and math.isnan(value) else self.number(name)

    def integer(self, name: str, *, at_least: int, at_most: int) -> int:
        value = self.value(name)
        if isinstance(value, bool) or not isinstance(value, int) or not at_least <= value <= at_most:
            raise self.damaged(f"has no integer from {at_least} to {at_most} in {name}")
        return value

    def flag(self, name: str, default: Any = REQUIRED) -> bool:
        value = self.value(name, default)
        if self.is_old and type(value) is int and value in (0, 1):  # not looked at before 1.2
            value = value == 1
        if not isinstance(value, bool):
            raise self.damaged(f"has neither True nor False in {name}")
        return value

    def choice(self, name: str, *allowed: Any, default: Any = REQUIRED) -> Any:
        """Return one of the known values; raises UnsupportedEstimator for another."""
        value = self.value(name, default)
        if not any(type(value) is type(item) and value == item for item in allowed):
            raise self.unsupported(f"{name}={value!r}"[:100] if _is_plain(value) else name)
        return value

    def sequence(self, name: str, length: int | None = None) -> list[Any]:
        value = self.value(name)
        if isinstance(value, Record):
            array = self.array_of(value)
            self.charge(BYTES_OF_AN_ITEM * array.size)
            value = array.ravel().tolist()
        if type(value) not in (list, tuple) or length not in (None, len(value)):
            raise self.damaged(f"has no list of the right length in {name}")
        self.charge(BYTES_OF_AN_ITEM * len(value))
        return list(value)

    def numbers(self, name: str, length: int | None = None) -> Floats:
        items = self.sequence(name, length)
        self.charge(BYTES_OF_A_NUMBER * len(items))
        given = [self.plain_of(item) for item in items]
        if not all(type(item) in (int, float, bool) and abs(item) <= LARGEST for item in given):
            raise self.damaged(f"has something other than numbers in {name}")
        return np.array(given, dtype=np.float64)

    def float_arrays(self, name: str, length: int | None = None) -> list[Floats]:
        return [np.ascontiguousarray(item, dtype=np.float64) for item in self._arrays_of_numbers(name, length)]

    def kept_float_arrays(self, name: str, length: int | None = None) -> list[NDArray[Any]]:
        """Return arrays like `float_arrays`, but in their own order, and float32 as it is."""
        kept = self._arrays_of_numbers(name, length)
        return [array if array.dtype == np.float32 else array.astype(np.float64, copy=False) for array in kept]

    def _arrays_of_numbers(self, name: str, length: int | None) -> list[NDArray[Any]]:
        result = [self.array_of(record) for record in self.sequence(name, length)]
        self.charge(BYTES_OF_A_NUMBER * sum(array.size for array in result))
        self.in_float32 |= any(array.dtype == np.float32 for array in result)
        if not all(item.dtype.kind in "fiub" for item in result):
            raise self.damaged(f"has an array without numbers in {name}")
        return result

    def mapping(self, name: str) -> dict[Any, Any]:
        value = self.value(name)
        if type(value) is not dict and not isinstance(value, Record):
            raise self.damaged(f"has no mapping in {name}")
        items = value.items if isinstance(value, Record) else value
        self.charge(BYTES_OF_A_PAIR * len(items))
        return dict(items)

    def array_of(self, record: Any) -> NDArray[Any]:
        try:
            return self._restorer.array(record)
        except arrays.UnreadArray as unread:
            raise self.unsupported(unread.what, unread.instead) from None

    def estimator(self, name: str, given: Given | None = None) -> Any:
        return self.estimator_of(self.value(name), given)

    def estimator_of(self, record: Any, given: Given | None = None) -> Any:
        return self._restorer.estimator(record, given or Given(self.given, self.precision, self.width))

    def estimators(self, name: str, length: int | None = None) -> list[Any]:
        return self.estimators_of(self.sequence(name, length))

    def estimators_of(self, records: list[Any]) -> list[Any]:
        """Return estimators of one X; those of which an older file does not say how wide that is are as the others."""
        if self.width or not self.is_old:
            return [self.estimator_of(record) for record in records]
        known = [self._unless_width_unknown(record) for record in records]
        width = next((item.n_features_in_ for item in known if item is not None), 0)
        given = Given(self.given, self.precision, width)
        return [
            self.estimator_of(record, given) if item is None else item
            for record, item in zip(records, known, strict=True)
        ]

    def _unless_width_unknown(self, record: Any) -> Any:
        try:
            return self.estimator_of(record)
        except WidthUnknown:
            return None

    def part(self, name: str, *classes: str) -> State:
        return self.part_of(self.value(name), *classes)

    def part_of(self, record: Any, *classes: str) -> State:
        if not isinstance(record, Record) or record.name not in classes:
            raise self.damaged(f"has something other than {classes[0]} where that is expected")
        return State(record, self._restorer, Given(self.given, self.precision, self.width), self.release)

    def charge(self, cost: int) -> None:
        """Take bytes of memory from what the file may cost, before they are taken; raises DamagedPickle."""
        self._restorer.charge(cost)

    def damaged(self, what: str) -> DamagedPickle:
        return DamagedPickle(f"{self.class_name} {what}.")

    def refuse_precision(self, *refused: Precision) -> None:
        """Refuse an estimator whose answers jump where X differs from scikit-learn's by so little."""
        if self.precision == Precision.COMPUTED and Precision.COMPUTED in refused:
            raise self.unsupported("numbers whose last digit depends on the computer,")
        if self.precision in refused:
            raise self.unsupported("numbers that an encoder of float32 has part in,", "Encode with dtype=float64.")

    def changed(self) -> UnsupportedEstimator:
        return self.unsupported("other parameters than it was fitted with")

    def unsupported(self, what: str, instead: str = "") -> UnsupportedEstimator:
        return UnsupportedEstimator(self.class_name, f"with {what}", instead)

    def _numbers(self, value: Any, name: str, kinds: str, shapes: Sequence[tuple[int | None, ...]]) -> NDArray[Any]:
        array = self._array(value, name, kinds, shapes)
        self.charge(BYTES_OF_A_NUMBER * array.size)
        return array

    def _array(self, value: Any, name: str, kinds: str, shapes: Sequence[tuple[int | None, ...]]) -> NDArray[Any]:
        if not isinstance(value, Record):
            raise self.damaged(f"has no array in {name}")
        array = self.array_of(value)
        self.in_float32 |= array.dtype == np.float32
        if array.dtype.kind not in kinds or not any(_fits(array.shape, shape) for shape in shapes):
            expected = " or ".join(str(shape).replace("None", "any") for shape in shapes)
            raise self.damaged(
                f"has an array of shape {array.shape} and type {str(array.dtype)[:100]} in {name}, not {expected}"
            )
        return array


class EstimatorState(State):
    """The state of an estimator, of a known release of scikit-learn."""

    def __init__(self, record: Record, restorer: Restorer, given: Given = AS_IT_IS) -> None:
        super().__init__(record, restorer, given)
        if self.release not in VERSIONS and not record.name.startswith(OF_OTHERS):
            release = self._attributes.get("_sklearn_version")
            shown = release[:20] if isinstance(release, str) and release[:20].isprintable() else "unknown"
            raise self.unsupported(f"the state of scikit-learn {shown} (read are {VERSIONS[0]} to {VERSIONS[-1]})")

    @property
    def n_features(self) -> int:
        if self.is_old and not self.has("n_features_in_"):
            return self._older_width()
        count = self.integer("n_features_in_", at_least=0, at_most=MOST_FEATURES)
        if not count:
            raise self.unsupported("no features")
        return count

    def _older_width(self) -> int:
        """Return the number of features where the file does not name it: before 0.24, and of some later."""
        from picklejar.inert.reading.releases import WIDTHS

        for name, axis in WIDTHS.items():
            value = self._attributes.get(name)
            if type(value) is int and axis is None and value > 0:
                return value
            if isinstance(value, Record) and type(axis) is int:
                shape = self.array_of(value).shape
                if len(shape) > max(axis, -1 - axis) and shape[axis]:
                    return int(shape[axis])
            if axis == "first" and type(value) is list and value:
                return int(self.array_of(value[0]).shape[0])
            if axis == "part" and type(value) is list and value and isinstance(value[0], Record):
                return int(self.estimator_of(value[0]).n_features_in_)
            if axis == 0 and type(value) is list and value:
                return len(value)
        if not self.width:
            raise WidthUnknown(
                self.class_name, "with no word of how many features it takes, as older releases wrote it,"
            )
        return self.width


def _release(attributes: dict[str, Any]) -> str:
    release = attributes.get("_sklearn_version")
    return ".".join(release[:20].split(".")[:2]) if isinstance(release, str) else "unknown"


def _of_today(name: str, attributes: dict[str, Any]) -> dict[str, Any]:
    from picklejar.inert.reading.releases import of_today

    return of_today(name, attributes)


def _ufunc_name(module: Any = None, name: Any = None, *_: Any) -> str | None:
    is_of_numpy = type(module) is type(name) is str and module.split(".")[0] == "numpy"
    return f"numpy.{name}" if is_of_numpy else None


def _is_scalar(value: Any) -> bool:
    return isinstance(value, Record) and value.name == "numpy._core.multiarray.scalar"


def _is_plain(value: Any) -> bool:
    return value is None or type(value) in (str, float, bool) or (type(value) is int and abs(value) < 2**64)


def _fits(shape: tuple[int, ...], expected: tuple[int | None, ...]) -> bool:
    return len(shape) == len(expected) and all(want in (None, size) for size, want in zip(shape, expected, strict=True))
