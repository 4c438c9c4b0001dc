"""The events for `sam local invoke`, and what their answers have in them."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from picklejar.manifest import MANIFEST_FILE, decode_manifest

EVENTS = Path(__file__).parents[1] / "events"
# As far as every processor fits it alike.
SALE = "143.307258797"
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()[:10]
# Of the model trained where the file was written: on another processor sums may round otherwise.
WRITTEN = "999ec480eb6e"


def event(name: str, bundles: Path) -> dict[str, Any]:
    """Return an event, for the version of sales among the bundles."""
    version = decode_manifest((bundles / "sales" / MANIFEST_FILE).read_bytes()).version
    found: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text().replace(WRITTEN, version))
    return found
