"""An environment of a release is made once, said before it is fetched, and refused in a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from picklejar.inert.reading.state import VERSIONS
from training.proof import releases
from training.proof.releases import RELEASES, NoEnvironment, cache, interpreter, minor

UV = """#!/bin/sh
echo "$@" >> {told}
[ "$1" = venv ] && mkdir -p {folder}/bin
{last}
"""


@pytest.fixture
def uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A uv that writes down what it is told."""
    told = tmp_path / "told"
    script = tmp_path / "bin" / "uv"
    script.parent.mkdir()
    script.write_text(UV.format(told=told, folder=tmp_path / "env", last="exit 0"))
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(script.parent), prepend=":")
    return told


def test_every_release_that_is_read_has_an_environment() -> None:
    assert tuple(RELEASES) == VERSIONS
    assert minor("0.22.2.post1") == "0.22"


def test_environments_are_in_the_user_s_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/there")
    assert cache() == Path("/there/picklejar/releases")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache() == Path.home() / ".cache" / "picklejar" / "releases"


def test_an_environment_is_named_with_its_size_and_made_once(uv: Path, tmp_path: Path) -> None:
    said: list[str] = []

    def say(sentence: str) -> None:
        assert not uv.exists()  # nothing is fetched before
        said.append(sentence)

    folder = tmp_path / "env"
    assert interpreter("0.24.2", say, folder) == folder / "bin" / "python"
    assert interpreter("0.24.2", say, folder) == folder / "bin" / "python"
    assert said == [
        "fetching scikit-learn 0.24.2 with the NumPy, SciPy and pandas of its time for Python 3.8: about 260 MB in "
        f"{folder}"
    ]
    made, installed = uv.read_text().splitlines()
    assert made == f"venv --quiet --clear --python 3.8 {folder}"
    assert installed.endswith(f"{folder}/bin/python scikit-learn==0.24.2 numpy<1.20 scipy<1.6 pandas<1.3")


def test_what_uv_says_is_told(uv: Path, tmp_path: Path) -> None:
    script = tmp_path / "bin" / "uv"
    script.write_text("#!/bin/sh\necho no such\necho Python >&2\nexit 2\n")
    del uv
    with pytest.raises(NoEnvironment, match="uv could not make it: Python"):
        interpreter("1.2.2", lambda _: None, tmp_path / "env")
    assert not (tmp_path / "env" / "ready").exists()


@pytest.mark.parametrize("version", ["0.18.2", "unknown", "1.2.2 --index-url=x", "1.10.0"])
def test_a_version_that_is_not_known_is_refused(version: str) -> None:
    with pytest.raises(NoEnvironment, match="No environment of scikit-learn"):
        interpreter(version, lambda _: None)


def test_without_uv_there_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(releases.shutil, "which", lambda *_, **__: None)
    with pytest.raises(NoEnvironment, match="uv, which makes it, is not installed"):
        interpreter("1.2.2", lambda _: None, tmp_path)
