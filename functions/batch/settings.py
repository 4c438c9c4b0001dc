"""The function's configuration, read from its environment once and named where it is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from picklejar.errors import InvalidConfiguration


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Where the models are, and the files.

    `s3_endpoint` is another S3 than AWS's, such as the one on a laptop. `live_models` says whether models that are
    not read as data may predict by running their files.
    """

    models_bucket: str
    batch_bucket: str
    region: str
    s3_endpoint: str | None = None
    live_models: bool = False

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Settings:
        """Read the settings; raises InvalidConfiguration naming the variable that is missing."""
        return cls(
            models_bucket=_required(environ, "MODELS_BUCKET"),
            batch_bucket=_required(environ, "BATCH_BUCKET"),
            region=_required(environ, "AWS_REGION"),
            s3_endpoint=environ.get("S3_ENDPOINT") or None,
            # Running files is a decision: anything but these letters is no.
            live_models=environ.get("LIVE_MODELS") == "true",
        )


def _required(environ: Mapping[str, str], name: str) -> str:
    if not environ.get(name):
        raise InvalidConfiguration(f"The environment variable {name} is missing; the function cannot start without.")
    return environ[name]
