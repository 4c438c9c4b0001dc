"""The page as it is uploaded: its keys, media types, and how long each file may be cached."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from picklejar.errors import InvalidConfiguration

INDEX, API, CONFIG = "index.html", "api.html", "config.json"
# In the order of their upload.
PAGES = (API, INDEX)
# A file below a version never changes: another content has another version.
FOR_EVER = "public, max-age=31536000, immutable"
# To be asked for at every visit; unchanged, it is not sent again.
ASK_EVERY_TIME = "no-cache"
# Not what the machine takes them for, which varies; a browser runs no module that is called anything else.
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
# The SHA-256's first hexadecimal digits.
VERSION_DIGITS = 16


@dataclass(frozen=True)
class SiteFile:
    """An object of the site's bucket."""

    key: str
    media_type: str
    cache_control: str
    content: bytes


def site_files(web: Path, config: Mapping[str, str]) -> list[SiteFile]:
    """Return the page's files, told `config`, in the order of their upload.

    All but the two pages and `config.json` lie in a folder named by their content, and modules name one another
    relatively. So an open page keeps its version; `index.html`, the last, switches.

    Raises InvalidConfiguration for a file of an unknown kind.
    """
    assets = {path.relative_to(web).as_posix(): path.read_bytes() for path in _assets(web)}
    version = _version(assets)
    pages = {
        name: _with_version((web / name).read_text(encoding="utf-8"), assets.keys(), version).encode() for name in PAGES
    }
    return [
        *(_file(f"{version}/{name}", FOR_EVER, content) for name, content in assets.items()),
        _file(CONFIG, ASK_EVERY_TIME, json.dumps(dict(config)).encode()),
        *(_file(name, ASK_EVERY_TIME, content) for name, content in pages.items()),
    ]


def _assets(web: Path) -> list[Path]:
    entries = {web / CONFIG, *(web / name for name in PAGES)}
    return sorted(path for path in web.rglob("*") if path.is_file() and path not in entries)


def _version(assets: Mapping[str, bytes]) -> str:
    report = hashlib.sha256()
    for name, content in assets.items():
        # The lengths, so that no two folders tell the same.
        report.update(f"{name} {len(content)}\n".encode() + content)
    return report.hexdigest()[:VERSION_DIGITS]


def _with_version(page: str, assets: Collection[str], version: str) -> str:

    def pointed(found: re.Match[str]) -> str:
        attribute, name = found.groups()
        return f'{attribute}="{version}/{name}"' if name in assets else found.group()

    return re.sub(r'\b(href|src)="([^"]*)"', pointed, page)


def _file(key: str, cache_control: str, content: bytes) -> SiteFile:
    media_type = MEDIA_TYPES.get(Path(key).suffix)
    if media_type is None:
        raise InvalidConfiguration(f"{key} is of no kind that the page has; those are {', '.join(MEDIA_TYPES)}.")
    return SiteFile(key, media_type, cache_control, content)
