"""The allowlist: every global that a file may name, and what reads it."""

from __future__ import annotations

# The classes of scikit-learn that are read, by the module and class of this package that reads them. A module is
# imported when a file first needs it.
READERS = {
    "linear:LinearRegressor": """
        sklearn.linear_model._base.LinearRegression
        """,
}

# What a file may hold beside estimators. Some of it is read as a part of an estimator; the rest, such as the state
# of a random generator, is noted and never looked at.
RECORDED = frozenset(
    """
    builtins.object builtins.slice builtins.range builtins.xrange builtins.complex builtins.set builtins.frozenset
    builtins.list builtins.dict builtins.int builtins.float builtins.str builtins.unicode builtins.bool
    builtins.bytes builtins.bytearray _codecs.encode
    numpy.dtype numpy.ndarray
    numpy._core.multiarray._reconstruct numpy._core.multiarray.scalar numpy._core.numeric._frombuffer
    numpy.float64 numpy.float32 numpy.int64 numpy.int32 numpy.bool numpy.bool_ numpy.object_ numpy.str_
    numpy.random._pickle.__randomstate_ctor numpy.random._pickle.__bit_generator_ctor
    numpy.random._pickle.__generator_ctor numpy.random._mt19937.MT19937 numpy.random._pcg64.PCG64
    numpy.random.bit_generator.SeedSequence numpy.random.bit_generator.__pyx_unpickle_SeedSequence
    """.split()
)

READ = {name: reader for reader, names in READERS.items() for name in names.split()}
