"""Reads a function's environment variables."""

from __future__ import annotations

from collections.abc import Mapping

from picklejar.errors import InvalidConfiguration

# This machine, as a container on it knows it.
THIS_MACHINE = "host.docker.internal"
# Where `make s3` listens.
LOCAL_S3 = f"http://{THIS_MACHINE}:9000"


def required(environ: Mapping[str, str], name: str) -> str:
    """Return a variable's value; raises InvalidConfiguration where it is missing or empty."""
    if not environ.get(name):
        raise InvalidConfiguration(f"The environment variable {name} is missing; the function cannot start without.")
    return environ[name]


def s3_endpoint(environ: Mapping[str, str]) -> str | None:
    """Return the S3 to ask, None for AWS's own; within `sam local` it is this machine's."""
    if environ.get("S3_ENDPOINT"):
        return environ["S3_ENDPOINT"]
    return LOCAL_S3 if environ.get("AWS_SAM_LOCAL") == "true" else None
