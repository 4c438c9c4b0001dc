from __future__ import annotations

import importlib
import types

import pytest

from picklejar.errors import InvalidDefinition
from training import models


def test_models_are_the_files_of_their_folder() -> None:
    assert models.names() == ["housing", "sales"]
    assert [models.find(name).name for name in models.names()] == models.names()


def test_a_model_without_a_file_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        models.find("none")


@pytest.mark.parametrize("found", [None, "a text", models.find("housing")])
def test_a_file_must_define_the_model_of_its_name(monkeypatch: pytest.MonkeyPatch, found: object) -> None:
    monkeypatch.setattr(importlib, "import_module", lambda _: types.SimpleNamespace(MODEL=found))
    with pytest.raises(InvalidDefinition, match=r"training/models/sales\.py must end in MODEL"):
        models.find("sales")
