"""The table of what is read: complete, and the same in docs/models.md."""

from __future__ import annotations

from pathlib import Path

from sklearn.experimental import enable_halving_search_cv, enable_iterative_imputer  # noqa: F401
from sklearn.utils import all_estimators

from picklejar.inert.reading.allowlist import READ
from picklejar.inert.reading.unsupported import UNSUPPORTED
from training.commands.supported import markdown

MODELS = Path(__file__).parents[4] / "docs" / "models.md"
PUBLIC = {f"{estimator.__module__}.{name}" for name, estimator in all_estimators()}


def test_every_public_estimator_of_scikit_learn_is_either_read_or_refused_by_name() -> None:
    assert READ.keys() | UNSUPPORTED >= PUBLIC
    assert not READ.keys() & UNSUPPORTED


def test_at_least_sixty_public_estimators_are_read() -> None:
    assert len(PUBLIC & READ.keys()) >= 60


def test_the_document_of_models_has_the_table() -> None:
    assert markdown() in MODELS.read_text()
