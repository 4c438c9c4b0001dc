"""The page as it is uploaded: its keys, what it is uploaded as, and how long it may be kept."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from deployment.site import ASK_EVERY_TIME, FOR_EVER, SiteFile, site_files
from picklejar.errors import InvalidConfiguration

WEB = Path(__file__).parents[3] / "web"
API = {"api": "/api"}


@pytest.fixture
def web(tmp_path: Path) -> Path:
    """A page of one's own to change."""
    return Path(shutil.copytree(WEB, tmp_path / "web"))


def test_every_file_of_the_page_is_uploaded_once() -> None:
    files = site_files(WEB, API)
    names = {_name(file) for file in files}
    assert names == {path.relative_to(WEB).as_posix() for path in WEB.rglob("*") if path.is_file()}
    assert len(names) == len(files)


def test_all_but_three_lie_below_one_version_and_are_kept_for_ever() -> None:
    *assets, config, api, index = site_files(WEB, API)
    assert {file.cache_control for file in assets} == {FOR_EVER}
    assert len({file.key.partition("/")[0] for file in assets}) == 1
    assert re.fullmatch("[0-9a-f]{16}", _version(assets))
    assert (config.key, config.cache_control) == ("config.json", ASK_EVERY_TIME)
    assert (api.key, api.cache_control) == ("api.html", ASK_EVERY_TIME)
    assert (index.key, index.cache_control) == ("index.html", ASK_EVERY_TIME)


def test_the_index_comes_last_because_it_switches_and_no_page_names_what_is_not_there() -> None:
    *others, api, index = site_files(WEB, API)
    for page, more in ((api, {"./"}), (index, {api.key})):
        named = re.findall(r'\b(?:href|src)="([^"#]+)"', page.content.decode())
        assert len(named) > 10
        assert set(named) <= {file.key for file in others} | more


def test_a_page_is_but_for_the_version_what_is_served_on_a_laptop() -> None:
    *assets, _, api, index = site_files(WEB, API)
    for page in (api, index):
        told = page.content.decode().replace(f"{_version(assets)}/", "")
        assert told == (WEB / page.key).read_text(encoding="utf-8")


def test_the_page_is_told_where_its_api_is() -> None:
    config = site_files(WEB, API)[-3]
    assert json.loads(config.content) == json.loads((WEB / "config.json").read_bytes()) == API


def test_the_same_page_is_the_same_version_wherever_it_lies(web: Path) -> None:
    assert site_files(web, API) == site_files(WEB, API)


@pytest.mark.parametrize("change", ["rewritten", "renamed", "added"])
def test_another_content_is_another_version(web: Path, change: str) -> None:
    script = web / "dom.js"
    if change == "rewritten":
        script.write_text("// Another.\n")
    elif change == "renamed":
        script.rename(web / "doom.js")
    else:
        (web / "more.js").write_text("// More.\n")
    assert _version(site_files(web, API)) != _version(site_files(WEB, API))


def test_a_change_of_the_index_alone_keeps_the_version(web: Path) -> None:
    (web / "index.html").write_text("<!doctype html><title>Another</title>")
    assert _version(site_files(web, API)) == _version(site_files(WEB, API))


@pytest.mark.parametrize(
    ("ending", "media_type"),
    [(".js", "text/javascript; charset=utf-8"), (".css", "text/css; charset=utf-8"), (".svg", "image/svg+xml")],
)
def test_a_file_is_uploaded_as_what_a_browser_takes(ending: str, media_type: str) -> None:
    found = {file.media_type for file in site_files(WEB, API) if file.key.endswith(ending)}
    assert found == {media_type}


def test_what_the_page_does_not_consist_of_is_not_uploaded(web: Path) -> None:
    (web / "index.html~").write_text("An editor's copy")
    with pytest.raises(InvalidConfiguration, match=r"index.html~ is of no kind that the page has"):
        site_files(web, API)


def _version(files: list[SiteFile]) -> str:
    return files[0].key.partition("/")[0]


def _name(file: SiteFile) -> str:
    return re.sub("^[0-9a-f]{16}/", "", file.key)
