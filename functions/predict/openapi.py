"""The API's description, made anew only when another version serves."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec

from picklejar.manifest import Manifest
from picklejar.openapi.document import document_of

from .response import HEADERS, Response

# It may be kept, and is asked for again by its ETag: a model may be published at any time.
ASK_EVERY_TIME = "no-cache"


class Description:
    """The description of the models that serve, as it was last made."""

    def __init__(self) -> None:
        self._described: list[tuple[str, str]] | None = None
        self._body = self._e_tag = ""

    def response(self, manifests: Sequence[Manifest], known: str) -> Response:
        """Return the document, or 304 if its ETag is among those in `known`, a header If-None-Match."""
        described = [(manifest.name, manifest.version) for manifest in manifests]
        if described != self._described:
            self._body = msgspec.json.encode(document_of(manifests)).decode()
            self._e_tag = f'"{hashlib.sha256(self._body.encode()).hexdigest()[:32]}"'
            self._described = described
        headers = HEADERS | {"Cache-Control": ASK_EVERY_TIME, "ETag": self._e_tag}
        if self._is_among(known):
            return Response(304, headers, "")
        return Response(200, headers | {"Content-Type": "application/json"}, self._body)

    def _is_among(self, known: str) -> bool:
        # Who packs an answer on its way calls it by a weak ETag.
        e_tags = [one.strip().removeprefix("W/") for one in known.split(",")]
        return self._e_tag in e_tags or "*" in e_tags
