"""The function's configuration, read once from its environment."""

from __future__ import annotations

import math
from collections.abc import Mapping

import msgspec

from picklejar.environment import required, s3_endpoint
from picklejar.errors import InvalidConfiguration
from picklejar.serving.jar import ALIAS_TTL, MEMORY_BYTES

MEGABYTE = 1024 * 1024
# A model takes about its file's bytes, and while it is read those of its file besides; a new version is read beside
# the old one. The interpreter with all packages takes the rest.
SHARE_FOR_MODELS = 0.25


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Where the models are, and which pages may call.

    `allowed_origins` are scheme, host and port, or `*`; empty allows no other origin. `live_models` says whether files
    of models may be run. `alias_ttl` is in seconds, `model_memory` in bytes of model files. Under `snap_start`,
    `credentials_address` hands out credentials for `credentials_token`.
    """

    bucket: str
    region: str
    allowed_origins: tuple[str, ...] = ()
    s3_endpoint: str | None = None
    live_models: bool = False
    alias_ttl: float = ALIAS_TTL
    model_memory: int = MEMORY_BYTES
    function_version: str | None = None
    snap_start: bool = False
    credentials_address: str | None = None
    credentials_token: str | None = None

    def __repr__(self) -> str:
        # The token stays out of tracebacks and logs.
        return f"Settings(bucket={self.bucket!r}, region={self.region!r})"

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Settings:
        return cls(
            bucket=required(environ, "MODELS_BUCKET"),
            region=required(environ, "AWS_REGION"),
            allowed_origins=tuple(filter(None, map(str.strip, environ.get("ALLOWED_ORIGINS", "").split(",")))),
            s3_endpoint=s3_endpoint(environ),
            # Running files is a decision: anything but these letters is no.
            live_models=environ.get("LIVE_MODELS") == "true",
            alias_ttl=_number(environ, "ALIAS_TTL_SECONDS", ALIAS_TTL),
            model_memory=int(_number(environ, "MODEL_MEMORY_MEGABYTES", _share_for_models(environ))) * MEGABYTE,
            function_version=environ.get("AWS_LAMBDA_FUNCTION_VERSION"),
            snap_start=environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start",
            credentials_address=environ.get("AWS_CONTAINER_CREDENTIALS_FULL_URI"),
            credentials_token=environ.get("AWS_CONTAINER_AUTHORIZATION_TOKEN"),
        )


def _share_for_models(environ: Mapping[str, str]) -> float:
    memory = environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
    return SHARE_FOR_MODELS * float(memory) if memory else MEMORY_BYTES / MEGABYTE


def _number(environ: Mapping[str, str], name: str, default: float) -> float:
    text = environ.get(name)
    try:
        number = float(text) if text else default
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number >= 0):
        raise InvalidConfiguration(f"The environment variable {name} is {text!r}, and must be a number of at least 0.")
    return number
