"""Turns records into inert estimators, within a budget of memory and of work that the file's size sets."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from picklejar.errors import DamagedPickle, UnsupportedEstimator
from picklejar.inert.base.estimator import FLOAT32_TOLERANCE, InertEstimator
from picklejar.inert.reading import arrays
from picklejar.inert.reading.allowlist import READ
from picklejar.inert.reading.records import Record
from picklejar.inert.reading.state import EstimatorState
from picklejar.inert.reading.storage import AS_IT_IS, Given

if TYPE_CHECKING:
    from numpy.typing import NDArray

# A pipeline within a stacking within a pipeline is four deep.
MOST_NESTED_ESTIMATORS = 20
# What is made is charged before it is: one large array may be named a million times.
BYTES_OF_AN_ARRAY, BYTES_OF_A_STRUCTURE, BYTES_OF_AN_OBJECT, BYTES_OF_AN_ESTIMATOR = 128, 3_000, 16, 2_000
# The numbers that a row meets on its way, in parameters, features and answers. Estimators that share parts, ten in each
# of twenty layers, would be a small file that answers forever; wide ones would fill any memory.
BUDGET_OF_A_NUMBER = 4
# To ask an estimator takes as long as so many numbers.
NUMBERS_OF_A_CALL = 250


class Restorer:
    """Restores each record once for each way its X is stored, however often the file refers to it."""

    def __init__(self, budget: int) -> None:
        """Take the budget of `Contents`, in bytes."""
        self._bytes_left = budget
        self._made: dict[tuple[Record, Given], InertEstimator | None] = {}
        # Of each estimator: its own numbers and those of its parts, each as often as it is referred to.
        self._numbers: dict[tuple[Record, Given], int] = {}
        self._most_numbers = budget // BUDGET_OF_A_NUMBER
        self._open: list[int] = []
        self._tolerances: list[float] = []

    def estimator(self, record: Any, given: Given = AS_IT_IS) -> InertEstimator:
        """Return the inert estimator that a record describes, for an X that comes as `given`.

        Raises:
            DamagedPickle: it is not an estimator, or its state is not what its class learns.
            UnsupportedEstimator: its release or parameters are not read.
        """
        if not isinstance(record, Record) or record.name not in READ:
            self._refuse_by_name(record)
            shown = record.name if isinstance(record, Record) else type(record).__name__
            raise DamagedPickle(f"An estimator is expected where the file has {shown}.")
        key = record, given
        if key not in self._made:
            self._made[key] = None
            self._made[key] = self._restored(record, given)
        result = self._made[key]
        if result is None:
            raise DamagedPickle(f"One {record.name} of the file contains itself.")
        if self._open:
            self._tolerances[-1] = max(self._tolerances[-1], result.tolerance)
            self._count(self._numbers[key])
        return result

    @staticmethod
    def _refuse_by_name(record: Any) -> None:
        from picklejar.inert.reading.unsupported import UNSUPPORTED  # two hundred names that only a refusal needs

        # What others hold, as an encoder of labels, may be named, yet is not read by itself.
        if isinstance(record, Record) and record.name in UNSUPPORTED:
            raise UnsupportedEstimator(record.name)

    def array(self, record: Any) -> NDArray[Any]:
        self.charge(BYTES_OF_AN_ARRAY)
        values = arrays.array(record)
        self.charge(BYTES_OF_AN_OBJECT * values.size if values.dtype == object else values.nbytes // 2)
        self.charge(BYTES_OF_A_STRUCTURE if values.dtype.names else 0)
        if self._open:
            self._count(values.size)
        return values

    def charge(self, cost: int) -> None:
        self._bytes_left -= cost
        if self._bytes_left < 0:
            raise DamagedPickle("The file refers to parts of itself far more often than it is long.")

    def _count(self, numbers: int) -> None:
        self._open[-1] += numbers
        if self._open[-1] > self._most_numbers:
            raise DamagedPickle("A row would meet far more numbers in the file's estimators than the file is long.")

    def _restored(self, record: Record, given: Given) -> InertEstimator:
        self.charge(BYTES_OF_AN_ESTIMATOR)
        self._open.append(NUMBERS_OF_A_CALL)
        self._tolerances.append(0)
        if len(self._open) > MOST_NESTED_ESTIMATORS:
            raise DamagedPickle(f"The file nests more than {MOST_NESTED_ESTIMATORS} estimators within one another.")
        module, _, name = READ[record.name].partition(":")
        reader = getattr(importlib.import_module(f"picklejar.inert.{module}"), name)
        state = EstimatorState(record, self, given)
        estimator: InertEstimator = reader(state)
        if given.storage and not estimator.takes_sparse:
            raise state.unsupported("sparse features, which it refuses in scikit-learn, too,")
        if state.in_float32:
            estimator.tolerance = max(estimator.tolerance, FLOAT32_TOLERANCE)
        if given.storage and not estimator.reads_sparse and estimator.n_features_in_ > self._most_numbers:
            raise state.unsupported(
                f"{estimator.n_features_in_:,} columns of texts, each row of which it would take whole,",
                "Fit a model that takes them sparse, as LogisticRegression or LinearSVC, or make fewer: "
                "HashingVectorizer(n_features=2**14).",
            )
        # Numbers that are in no array are those of a text.
        self._count(getattr(estimator, "n_numbers", 0))
        # Rows of texts are as long as their words are many, and not as the vocabulary is.
        self._count(estimator.n_features_in_ + (0 if estimator.texts() else getattr(estimator, "n_features_out", 0)))
        self._numbers[record, given] = self._open.pop()
        estimator.tolerance = max(estimator.tolerance, self._tolerances.pop())
        return estimator
