"""Feed the inert reader with what a fuzzer makes of real pickles: `make fuzz SECONDS=300`.

With atheris (`uv pip install atheris`) what is tried follows the code that was reached; without it pickles are changed
at random. Either way anything but one of the three refusals, or an estimator that answers, ends the run, and the file
that did it is written to build/fuzz.
"""

from __future__ import annotations

import importlib
import pickle
import pkgutil
import random
import sys
import time
import warnings
from pathlib import Path
from unittest import SkipTest

import numpy as np
from sklearn.utils import all_estimators
from sklearn.utils._test_common.instance_generator import _construct_instances

try:
    import atheris
except ImportError:
    atheris = None

# What is imported in here is what atheris follows.
if atheris:
    with atheris.instrument_imports(include=["picklejar"]):
        import picklejar.inert
        from picklejar import inert
else:
    import picklejar.inert
    from picklejar import inert

from picklejar.errors import RowsRefused, UnreadablePickle
from picklejar.inert.base.estimator import ALL_METHODS
from picklejar.inert.reading.allowlist import READ
from tests.unit.inert.boosters.lightgbm_texts import Split, classifier, model, regressor

FOUND = Path("build/fuzz")
SLOW = 5.0  # seconds


def pickles() -> list[bytes]:
    """Return a pickle of every estimator that is read, in an old and in the newest protocol."""
    rng = np.random.default_rng(0)
    X = np.abs(rng.normal(size=(12, 2)))
    made = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _, cls in all_estimators():
            if f"{cls.__module__}.{cls.__name__}" not in READ:
                continue
            try:
                fitted = next(iter(_construct_instances(cls))).fit(X, np.arange(12) % 2)
            except (IndexError, SkipTest, TypeError, ValueError):  # it wants another y, or a part
                continue
            made += [pickle.dumps(fitted, protocol) for protocol in (2, 5)]
    return made + of_lightgbm()


def of_lightgbm() -> list[bytes]:
    """Return pickles of models of LightGBM, which need not be here."""
    tree = Split(0, Split(1, 1.0, 2.0, categories=frozenset({1, 40})), 3.0, threshold=0.5)
    of_two = model([tree, tree], features=2, objective="binary sigmoid:1")
    return [regressor(model([tree, tree], features=2)), classifier(of_two, [0, 1])]


def check(data: bytes) -> None:
    """Read `data`, and ask what it gives; whatever else happens escapes."""
    began = time.perf_counter()
    try:
        estimator = inert.loads(data)
    except UnreadablePickle as refused:
        if not str(refused).isprintable():
            raise RuntimeError("a refusal that cannot be shown") from refused
    else:
        X = np.ones((2, estimator.n_features_in_ if estimator.n_features_in_ < 1000 else 1))
        for name in ALL_METHODS:
            with np.errstate(all="ignore"):
                try:
                    method = getattr(estimator, name, None)
                    if method is not None:
                        method(X)
                except (RowsRefused, ValueError):
                    pass
    assert time.perf_counter() - began < SLOW, "slow"


def changed(data: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """Return the bytes with a few changes: of bits and bytes, parts lost, doubled, moved, or taken from another."""
    made = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 4, 8))):
        at, size = chance.randrange(len(made) or 1), chance.choice((1, 1, 2, 4, 9, 30))
        kind = chance.randrange(6)
        if kind == 0 and made:
            made[at] ^= 1 << chance.randrange(8)
        elif kind == 1 and made:
            made[at] = chance.choice(
                b"N](})0.12abdehijlopqrstuR\x81\x85\x86\x87\x8f\x90\x91\x92\x93\x94\x95\x00\x01\x7f\xff"
            )
        elif kind == 2:
            del made[at : at + size]
        elif kind == 3:
            made[at:at] = made[at : at + size]
        elif kind == 4:
            other = chance.choice(others)
            start = chance.randrange(len(other))
            made[at : at + chance.choice((0, size))] = other[start : start + size]
        else:
            made[at : at + size] = chance.randbytes(size)
    return bytes(made)


def by_chance(seconds: float) -> None:
    """Change real pickles at random, and keep a file that nothing should have done."""
    corpus, chance, done, ends = pickles(), random.Random(), 0, time.monotonic() + seconds
    while time.monotonic() < ends:
        for _ in range(100):
            data = changed(chance.choice(corpus), corpus, chance)
            try:
                check(data)
            except BaseException:
                FOUND.mkdir(parents=True, exist_ok=True)
                (FOUND / "found.pickle").write_bytes(data)
                raise
            done += 1
    sys.stdout.write(f"{done} files, from {len(corpus)} pickles; nothing found\n")


def by_coverage(seconds: float) -> None:
    """Let atheris choose, from the same pickles."""
    corpus = FOUND / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(pickles()):
        (corpus / f"{number}.pickle").write_bytes(data)
    options = [f"-max_total_time={int(seconds)}", f"-artifact_prefix={FOUND}/", "-timeout=20", "-rss_limit_mb=4000"]
    atheris.Setup([sys.argv[0], *options, "-max_len=20000", "-print_final_stats=1", str(corpus)], check)
    atheris.Fuzz()


if __name__ == "__main__":
    for module in pkgutil.walk_packages(picklejar.inert.__path__, "picklejar.inert."):
        importlib.import_module(module.name)
    warnings.simplefilter("error")
    (by_coverage if atheris else by_chance)(float(sys.argv[1]))
