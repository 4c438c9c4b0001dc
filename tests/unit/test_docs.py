"""The documents: links lead somewhere, paths exist, the README is short, and the FAQ's messages are in the source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "client" / "README.md"])
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
CODE_BLOCK = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
# Top-level folders whose files the documents name in backticks.
FOLDERS = tuple("client deployment docs events functions layers local requirements tests training web".split())
EXAMPLES = {"training/models/customers.py", "tests/build"}
PATH = re.compile(rf"`((?:{'|'.join(FOLDERS)})/[\w./-]+)`")
SOURCES = ("client/src", "deployment", "functions", "layers/picklejar", "local", "training", "web")


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _prose(document: Path) -> str:
    return CODE_BLOCK.sub("", document.read_text())


@cache
def _anchors(document: Path) -> set[str]:
    """Return the anchors of a page as GitHub makes them, and those that it sets itself."""
    prose = _prose(document)
    headings = [re.sub(r"[`*]|\]\([^)]*\)|\[", "", line) for line in re.findall(r"^#+ (.+)$", prose, re.MULTILINE)]
    made = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    return made | set(re.findall(r'<a id="([^"]+)">', prose))


@pytest.mark.parametrize("document", DOCUMENTS, ids=_name)
def test_every_relative_link_leads_to_a_file_and_a_heading(document: Path) -> None:
    for link in LINK.findall(_prose(document)):
        if re.match(r"https?://|mailto:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        assert target.exists(), f"{_name(document)} links to {link}, which does not exist"
        if anchor:
            assert anchor in _anchors(target), f"{_name(document)} links to {link}; the page has no such heading"


@pytest.mark.parametrize("document", DOCUMENTS, ids=_name)
def test_every_path_in_backticks_exists(document: Path) -> None:
    for path in set(PATH.findall(_prose(document))) - EXAMPLES:
        assert (ROOT / path).exists(), f"{_name(document)} names {path}, which does not exist"


def test_the_readme_is_one_screen() -> None:
    text = (ROOT / "README.md").read_text()
    assert len(text.splitlines()) <= 160
    assert len(text.encode()) <= 9_000
    assert "missed" not in text


def test_the_map_names_every_document() -> None:
    index = (ROOT / "docs" / "index.md").read_text()
    documents = {path.name for path in (ROOT / "docs").glob("*.md")} - {"index.md"}
    assert documents == {name for name in LINK.findall(index) if "/" not in name}


def test_every_event_for_sam_local_is_shown() -> None:
    text = (ROOT / "docs" / "local.md").read_text()
    events = [_name(path) for path in (ROOT / "events").iterdir()]
    assert events
    assert [name for name in events if f" -e {name}" not in text] == []


def _messages() -> list[str]:
    """Return each line of the FAQ's code blocks: a sentence, or a part of one, where … stands for a value."""
    blocks = CODE_BLOCK.findall((ROOT / "docs" / "faq.md").read_text())
    return [line.strip() for block in blocks for line in block.splitlines() if not line.startswith("```")]


def _literals(path: Path) -> Iterator[str]:
    """Yield the texts in a file's code, with … in place of each value that is filled in."""
    text = path.read_text()
    if path.suffix == ".js":
        yield re.sub(r"\$\{[^}]*\}", "…", text)
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@cache
def _all_literals() -> str:
    paths = [path for folder in SOURCES for ending in ("py", "js") for path in (ROOT / folder).rglob(f"*.{ending}")]
    return "\n".join(literal for path in paths for literal in _literals(path))


def test_the_faq_has_ten_messages() -> None:
    assert len(_messages()) == 10


@pytest.mark.parametrize("message", _messages())
def test_every_message_of_the_faq_is_in_the_source(message: str) -> None:
    assert message in _all_literals(), f"docs/faq.md shows a message that the source does not have: {message}"
