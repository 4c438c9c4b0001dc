"""The function's configuration, read once from its environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from picklejar.environment import required, s3_endpoint


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Where the models and the files are.

    `s3_endpoint` is an S3 other than AWS's. `live_models` says whether files of models may be run.
    """

    models_bucket: str
    batch_bucket: str
    region: str
    s3_endpoint: str | None = None
    live_models: bool = False

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Settings:
        return cls(
            models_bucket=required(environ, "MODELS_BUCKET"),
            batch_bucket=required(environ, "BATCH_BUCKET"),
            region=required(environ, "AWS_REGION"),
            s3_endpoint=s3_endpoint(environ),
            # Running files is a decision: anything but these letters is no.
            live_models=environ.get("LIVE_MODELS") == "true",
        )
