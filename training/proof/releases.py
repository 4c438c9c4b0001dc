"""An environment of each release of scikit-learn that is read, made once by uv and kept in the user's cache."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from picklejar.errors import PicklejarError
from training.proof.libraries import with_releases

CACHE = "picklejar/releases"
LONGEST_COMPLAINT = 300


@dataclass(frozen=True)
class Release:
    """The Python of a release's time, what is installed beside scikit-learn, and the megabytes that it all takes."""

    python: str
    packages: tuple[str, ...]
    megabytes: int


RELEASES = {
    "0.19": Release("3.6", ("numpy<1.17", "scipy<1.2", "pandas<1"), 200),
    "0.20": Release("3.7", ("numpy<1.17", "scipy<1.3", "pandas<1"), 200),
    "0.21": Release("3.7", ("numpy<1.18", "scipy<1.4", "pandas<1"), 210),
    "0.22": Release("3.8", ("numpy<1.19", "scipy<1.5", "pandas<1.1"), 220),
    "0.23": Release("3.8", ("numpy<1.20", "scipy<1.6", "pandas<1.2"), 190),
    "0.24": Release("3.8", ("numpy<1.20", "scipy<1.6", "pandas<1.3"), 260),
    "1.0": Release("3.9", ("numpy<1.23", "scipy<1.8", "pandas<1.5"), 320),
    "1.1": Release("3.10", ("numpy<1.24", "scipy<1.10", "pandas<2"), 320),
    "1.2": Release("3.10", ("numpy<1.25", "scipy<1.11", "pandas<2.1"), 250),
    "1.3": Release("3.10", ("numpy<2", "pandas<2.2"), 270),
    "1.4": Release("3.10", ("numpy<2", "pandas<2.3"), 280),
    "1.5": Release("3.12", ("numpy==1.26.4", "pandas<3"), 270),
    "1.6": Release("3.13", ("pandas<3",), 260),
    "1.7": Release("3.13", ("pandas<3",), 250),
    "1.8": Release("3.13", ("pandas<3",), 250),
    "1.9": Release("3.13", ("pandas<4",), 250),
}


# The scikit-learn of the time of each release of XGBoost, for files that do not say it.
OF_XGBOOST = {
    "1.6": "1.1.3",
    "1.7": "1.2.2",
    "2.0": "1.3.2",
    "2.1": "1.5.2",
    "3.0": "1.6.1",
    "3.1": "1.7.2",
    "3.2": "1.7.2",
    "3.3": "1.8.0",
    "3.4": "1.8.0",
}
# Of each format of LightGBM's text, which names no release: a release that writes it, and the scikit-learn of its time.
OF_LIGHTGBM = {"3": ("3.3.5", "1.2.2"), "4": ("4.6.0", "1.6.1"), "4.7": ("4.7.0", "1.8.0")}
MEGABYTES_OF_LIGHTGBM = 10
# The first release without GPU code; before, XGBoost is five times as large.
FIRST_SMALL_XGBOOST = (2, 1, 1)
MEGABYTES_OF_XGBOOST = 300


class NoEnvironment(PicklejarError):
    """An environment of a release cannot be made; says why."""


def minor(version: str) -> str:
    """Return the release of a version, as 0.24 of 0.24.2."""
    return ".".join(version.split(".")[:2])


def cache() -> Path:
    """Return the folder that the environments are kept in."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / CACHE


def interpreter(
    version: str, say: Callable[[str], None], folder: Path | None = None, xgboost: str = "", lightgbm: str = ""
) -> Path:
    """Return the Python of an environment with a version of scikit-learn, made when it is not there.

    `say` is told what is fetched, before it is; `folder` is the environment's own. With `xgboost`, a version, or
    `lightgbm`, one or a key of OF_LIGHTGBM, that is there, too, and `version` may be "unknown".

    Raises:
        NoEnvironment: the version is not known, uv is missing, or it cannot make the environment.
    """
    beside, megabytes = _xgboost(xgboost) if xgboost else ((), 0)
    if xgboost and version == "unknown":
        version = OF_XGBOOST[minor(xgboost)]
    if lightgbm:
        lightgbm, of_its_time = OF_LIGHTGBM.get(lightgbm, (lightgbm, "unknown"))
        version = of_its_time if version == "unknown" else version
        beside, megabytes = (*beside, f"lightgbm=={lightgbm}"), megabytes + MEGABYTES_OF_LIGHTGBM
    release = RELEASES.get(minor(version))
    if release is None or not version.replace(".", "").isalnum():
        raise NoEnvironment(f"No environment of scikit-learn {version[:20]} is known.")
    others = {name: other for name, other in (("xgboost", xgboost), ("lightgbm", lightgbm)) if other}
    folder = folder or cache() / "-".join([version, *(f"{name}-{release}" for name, release in others.items())])
    python = folder / "bin" / "python"
    if (folder / "ready").exists():
        return python
    # Beside this Python, too, where nobody activated its environment.
    uv = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))
    if uv is None:
        raise NoEnvironment("uv, which makes it, is not installed.")
    say(
        f"fetching {with_releases({**others, 'scikit-learn': version})} with the NumPy, SciPy and pandas of its time "
        f"for Python {release.python}: about {release.megabytes + megabytes} MB in {folder}"
    )
    # pyenv's python3.12 answers only where that version is chosen.
    _run(uv, "venv", "--quiet", "--clear", "--python", release.python, str(folder), PYENV_VERSION=release.python)
    packages = (f"scikit-learn=={version}", *release.packages, *beside)
    _run(uv, "pip", "install", "--quiet", "--only-binary", ":all:", "--python", str(python), *packages)
    (folder / "ready").touch()
    return python


def _xgboost(version: str) -> tuple[tuple[str, ...], int]:
    """Return the packages of a version of XGBoost, and the megabytes that they take."""
    if minor(version) not in OF_XGBOOST or not version.replace(".", "").isdigit():
        raise NoEnvironment(f"No environment of XGBoost {version[:20]} is known.")
    # There is no small one for macOS.
    is_small = tuple(map(int, version.split("."))) >= FIRST_SMALL_XGBOOST and sys.platform != "darwin"
    # 1.6 imports what setuptools had until 81.
    needed = ("setuptools<81",) if minor(version) == "1.6" else ()
    name = "xgboost-cpu" if is_small else "xgboost"
    return (f"{name}=={version}", *needed), MEGABYTES_OF_XGBOOST // (5 if is_small else 1)


def _run(*command: str, **variables: str) -> None:
    try:
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, check=False, timeout=1_200, env=os.environ | variables
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoEnvironment(f"uv does not end: {error}.") from error
    if done.returncode:
        complaint = " ".join(done.stderr.split())[-LONGEST_COMPLAINT:]
        raise NoEnvironment(f"uv could not make it: {complaint}")
