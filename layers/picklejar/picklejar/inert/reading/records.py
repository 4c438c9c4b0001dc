"""Pickle bytes to records: what the file makes each object from. Nothing is made or imported."""

from __future__ import annotations

import io
import pickle
import re
from collections.abc import Collection
from functools import cache
from typing import Any, ClassVar, NamedTuple

from picklejar.errors import DamagedPickle, UnreadablePickle, UnsafePickle, UnsupportedEstimator
from picklejar.inert.reading.allowlist import READ, RECORDED
from picklejar.inert.reading.opcodes import verify

UNSET = object()
# With its records, at most 72 times the bytes of opcodes and 4 times those of texts, a file takes 80 times its size.
BUDGET_PER_OPCODE_BYTE, BUDGET_PER_CONTENT_BYTE, BUDGET = 8, 76, 2**20
# Modules of older releases of scikit-learn, by their names of today.
MOVED = {
    "sklearn.neighbors._dist_metrics": "sklearn.metrics._dist_metrics",  # until 1.0
    "sklearn.utils": "sklearn.utils._bunch",  # Bunch, until 1.1
    # until 0.21, when others had no underscore
    "sklearn.cluster.k_means_": "sklearn.cluster._kmeans",
    "sklearn.cross_decomposition.pls_": "sklearn.cross_decomposition._pls",
    "sklearn.ensemble.gradient_boosting": "sklearn.ensemble._gb",
    "sklearn.ensemble.voting_classifier": "sklearn.ensemble._voting",
    "sklearn.impute": "sklearn.impute._base",
    "sklearn.neighbors.dist_metrics": "sklearn.metrics._dist_metrics",
    "sklearn.tree.tree": "sklearn.tree._classes",
}
LOSSES = """
BinomialDeviance ExponentialLoss HuberLossFunction LeastAbsoluteError LeastSquaresError MultinomialDeviance
QuantileLossFunction
""".split()
MOVED_CLASSES = {
    "sklearn.preprocessing.imputation.Imputer": "sklearn.impute._base.SimpleImputer",  # until 0.21
    # until 0.20
    **{f"sklearn.ensemble._gb.{name}": f"sklearn.ensemble._gb_losses.{name}" for name in LOSSES},
    "sklearn.neighbors._ball_tree.BinaryTree": "sklearn.neighbors._ball_tree.BallTree",
    "sklearn.neighbors._kd_tree.BinaryTree": "sklearn.neighbors._kd_tree.KDTree",
    # until 0.24
    "sklearn.preprocessing._data.PolynomialFeatures": "sklearn.preprocessing._polynomial.PolynomialFeatures",
}
PYTHON_2 = {"__builtin__": "builtins", "copy_reg": "copyreg"}


class Record:
    """An object of the file: its arguments, state and items.

    Each known global is a subclass, made by `_record`. Calling one only notes the arguments, and the file can set no
    attribute of it.
    """

    __slots__ = ("args", "items", "state")
    name: ClassVar[str]
    args: tuple[Any, ...]
    items: Collection[tuple[Any, Any]]
    state: Any

    def __new__(cls, *args: Any) -> Record:
        record = super().__new__(cls)
        record.args, record.items, record.state = args, [], UNSET
        return record

    def __setstate__(self, state: Any) -> None:
        if self.state is not UNSET:
            raise DamagedPickle(f"The file sets the state of one {self.name} twice.")
        self.state = state

    def __setitem__(self, key: Any, value: Any) -> None:
        if type(self.items) is not list:
            raise DamagedPickle(f"The file makes a {self.name} of a mapping, and then adds to it.")
        self.items.append((key, value))


class Contents(NamedTuple):
    """A file's value, plain or a `Record`, and how many bytes of memory may be taken by what is made of it."""

    value: Any
    budget: int


def read(data: bytes) -> Contents:
    """Return what the file holds.

    Memory stays below 80 times the length of `data` plus 1 MB: one byte can make an empty list of 56 bytes and its
    place on the stack.

    Raises:
        UnsafePickle: the file names an unlisted global, or an opcode reaches outside the file.
        UnsupportedEstimator: it names an estimator that is not read.
        DamagedPickle: it is not a whole pickle.
    """
    try:
        budget = budget_of(data)
    except DamagedPickle:
        _refuse_by_name(data)
        raise
    try:
        return Contents(_Unpickler(io.BytesIO(data)).load(), budget)
    except (UnreadablePickle, MemoryError):
        raise
    except Exception as error:  # each opcode fails in a way of its own
        raise DamagedPickle(
            "The file's opcodes contradict one another, so it is not a pickle of an estimator."
        ) from error


class Lenient(NamedTuple):
    """`Contents` with a record for any global, and the globals' names: (module by its name of today, name)."""

    value: Any
    budget: int
    names: set[tuple[str, str]]

    def check_names(self) -> None:
        """Refuse the file as `read` does, so that its value is what `read` returns."""
        for full_name in sorted(f"{module}.{name}" for module, name in self.names):
            if not _is_known(full_name) and full_name not in CALLED:
                raise _refusal(full_name)


def read_leniently(data: bytes) -> Lenient:
    """Return what the file holds, whatever it names.

    Raises:
        UnreadablePickle: an opcode reaches outside the file, or does to an object what a record cannot note.
    """
    budget = budget_of(data)
    unpickler = _Lenient(io.BytesIO(data))
    try:
        return Lenient(unpickler.load(), budget, unpickler.names)
    except MemoryError:
        raise
    except Exception as error:  # each opcode fails in a way of its own
        raise DamagedPickle("The file does to its objects what cannot be noted.") from error


def budget_of(data: bytes) -> int:
    """Return the budget of `Contents` that a whole pickle is read with; raises UnreadablePickle for any other."""
    content = verify(data)
    return BUDGET_PER_OPCODE_BYTE * (len(data) - content) + BUDGET_PER_CONTENT_BYTE * content + BUDGET


def stand_in(module: str, name: str) -> Any:
    """Return the Record class that stands in for a global."""
    full_name = name_of_today(module, name)
    if full_name in CALLED:
        return CALLED[full_name]
    # One class for all others: each is kept for as long as the process lives.
    return _record(full_name if _is_known(full_name) else "something.unknown")


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        full_name = name_of_today(module, name)
        if full_name in CALLED:
            return CALLED[full_name]
        if _is_known(full_name):
            return _record(full_name)
        raise _refusal(full_name)

    def persistent_load(self, _: Any) -> Any:
        raise UnsafePickle("The file refers to an object outside itself.")


class _Lenient(_Unpickler):
    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file)
        self.names: set[tuple[str, str]] = set()

    def find_class(self, module: str, name: str) -> Any:
        self.names.add(pair_of_today(module, name))
        return stand_in(module, name)


def name_of_today(module: str, name: str) -> str:
    """Return the full name that a global has in today's releases of Python, NumPy and scikit-learn."""
    package, _, last = _module(module).rpartition(".")
    # Since 0.22 most modules of scikit-learn have an underscore.
    names = [f"{_module(module)}.{name}", f"{package}._{last}.{name}"]
    moved = [MOVED_CLASSES.get(full_name, full_name) for full_name in names]
    return moved[1] if module.startswith("sklearn.") and not _is_known(moved[0]) and _is_known(moved[1]) else moved[0]


def pair_of_today(module: str, name: str) -> tuple[str, str]:
    """Return the module and the name, which may have points in it, of a global's `name_of_today`."""
    full_name = name_of_today(module, name)
    if full_name.endswith(f".{name}"):
        return full_name.removesuffix(f".{name}"), name
    package, _, last = full_name.rpartition(".")
    return package, last


def _is_known(full_name: str) -> bool:
    return full_name in READ or full_name in RECORDED


def _module(module: str) -> str:
    # NumPy 1 keeps in numpy.core what NumPy 2 keeps in numpy._core.
    if module == "numpy.core" or module.startswith("numpy.core."):
        module = module.replace("numpy.core", "numpy._core", 1)
    module = MOVED.get(module, module)
    # By which NumPy 1 names its functions of single numbers.
    if module == "numpy._core._multiarray_umath":
        return "numpy"
    # Python 2 has other names for these two modules.
    return PYTHON_2.get(module, module)


def _refuse_by_name(data: bytes) -> None:
    from picklejar.inert.reading.unsupported import UNSUPPORTED

    for full_name in UNSUPPORTED:
        module, _, name = full_name.rpartition(".")
        if module.encode() in data and re.search(rb"\b%s\b" % name.encode(), data):
            raise UnsupportedEstimator(full_name)


def _refusal(full_name: str) -> UnreadablePickle:
    from picklejar.inert.reading.unsupported import UNSUPPORTED  # two hundred names that only a refusal needs

    if full_name in UNSUPPORTED:
        return UnsupportedEstimator(full_name)
    # Its module is one of a release that is not read, as for the OneHotEncoder of 0.19.
    package, _, name = full_name.rpartition(".")
    is_module = package.startswith("sklearn.") and package.count(".") > 1 and full_name.isprintable()
    if is_module and name in {known.rpartition(".")[2] for known in READ}:
        return UnsupportedEstimator(full_name, "of an older release of scikit-learn (read are 0.19 to 1.9)")
    return UnsafePickle(f"The file names {full_name[:200]!r}, which Picklejar does not know and never imports.")


class _Reconstructor(Record):
    """What protocols 0 and 1 call to make an object; they have no opcode for `__new__`."""

    __slots__ = ()
    name = "copyreg._reconstructor"

    def __new__(cls, made: Any, _: Any, state: Any) -> Any:
        if not (isinstance(made, type) and issubclass(made, Record)):
            raise DamagedPickle("The file makes an object of something that is not a class.")
        record = Record.__new__(made)
        if type(state) is dict:
            # A view, no copy: a file can name one large mapping in a million calls.
            record.items = state.items()
        return record


class _BoundMethod(Record):
    """A method of an object that a file holds; nothing is kept, as its owner is not complete yet."""

    __slots__ = ()
    name = "builtins.getattr"

    def __new__(cls, owner: Any, method: Any) -> Any:
        if not isinstance(owner, Record) or type(method) is not str or method.startswith("__"):
            raise UnsafePickle("The file asks for an attribute of something that is no object of its own.")
        return Record.__new__(cls)


CALLED: dict[str, type[Record]] = {made.name: made for made in (_Reconstructor, _BoundMethod)}


@cache
def _record(full_name: str) -> type[Record]:
    return type(full_name.rpartition(".")[2], (Record,), {"__slots__": (), "name": full_name})
