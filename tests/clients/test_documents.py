"""The screens of docs/serving.md for others' clients run as they stand, and print what they say."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.clients.environment import Clients

pytestmark = pytest.mark.slow

DOCUMENT = Path(__file__).parents[2] / "docs" / "serving.md"
SECTION = re.compile(r"^### Any client\n(.*?)^##", re.MULTILINE | re.DOTALL)
SCREEN = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
# Comments are what is printed; an … stands for anything.
PRINTED = re.compile(r"^# (.*)$", re.MULTILINE)
PORT = "8000"
# Prints no prediction.
WRITING = "generate"
CLIENTS = ("curl", "tritonclient", "kserve", "mlflow", "openapi-python-client", "my_models")


def _screens() -> list[tuple[str, str]]:
    (section,) = SECTION.findall(DOCUMENT.read_text())
    return SCREEN.findall(section)


def test_each_client_has_a_screen_that_a_test_can_run() -> None:
    screens = _screens()
    assert {language for language, _ in screens} == {"bash", "python"}
    code = "".join(text for _, text in screens)
    assert [client for client in CLIENTS if client not in code] == []


def test_the_screens_run_one_after_the_other(url: str, clients: Clients, tmp_path: Path) -> None:
    port = str(urlsplit(url).port)
    programs = {"bash": ["bash", "-eu", "-c"], "python": [clients.folder / "python", "-c"]}
    for language, screen in _screens():
        printed = clients.run(*programs[language], re.sub(rf"\b{PORT}\b", port, screen), folder=tmp_path)
        expected = "".join(PRINTED.findall(screen))
        assert re.fullmatch(_pattern(expected), _unspaced(printed)) or WRITING in screen, (screen, printed)


def _pattern(expected: str) -> str:
    return re.escape(_unspaced(expected)).replace("…", ".+")


def _unspaced(text: str) -> str:
    return "".join(text.split())
