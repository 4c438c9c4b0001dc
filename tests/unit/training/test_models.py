from __future__ import annotations

import importlib
import sys
import types
from pathlib import Path

import pytest

from picklejar.errors import InvalidDefinition
from tests.conftest import SHIPPED
from training import models

OF_MINE = """
import dataclasses

from training.models import housing

MODEL = dataclasses.replace(housing.MODEL, name="of_mine")
"""


def test_models_are_the_files_of_their_folder() -> None:
    assert set(SHIPPED) <= set(models.names())
    assert [models.find(name).name for name in models.names()] == models.names()


def test_a_file_beside_the_shipped_ones_is_one_more_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = models.names()
    (tmp_path / "of_mine.py").write_text(OF_MINE)
    monkeypatch.setattr(models, "__path__", [*models.__path__, str(tmp_path)])
    assert models.names() == sorted([*before, "of_mine"])
    assert models.find("of_mine").title == "House price"
    monkeypatch.delitem(sys.modules, "training.models.of_mine")


def test_a_model_without_a_file_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        models.find("none")


@pytest.mark.parametrize("found", [None, "a text", models.find("housing")])
def test_a_file_must_define_the_model_of_its_name(monkeypatch: pytest.MonkeyPatch, found: object) -> None:
    monkeypatch.setattr(importlib, "import_module", lambda _: types.SimpleNamespace(MODEL=found))
    with pytest.raises(InvalidDefinition, match=r"training/models/sales\.py must end in MODEL"):
        models.find("sales")
