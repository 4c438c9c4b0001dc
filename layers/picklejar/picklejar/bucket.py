"""The bucket: its client, its keys, and what its failures mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store

from picklejar.errors import JarUnreachable

CHAMPION = "champion"
# API Gateway gives up after 29 s and people long before: S3 answers within this or is unreachable.
CONNECT_TIMEOUT = timedelta(seconds=1)
REQUEST_TIMEOUT = timedelta(seconds=2)
RETRY_TIMEOUT = timedelta(seconds=2)
RETRIES = 2


def version_key(name: str, version: str, file: str) -> str:
    """Return the key of one file of a version."""
    return f"models/{name}/versions/{version}/{file}"


def alias_key(name: str, alias: str = CHAMPION) -> str:
    """Return the key of an alias's object."""
    return f"models/{name}/aliases/{alias}.json"


def s3_store(
    bucket: str,
    *,
    region: str,
    endpoint: str | None = None,
    credentials: Callable[[], Any] | None = None,
    timeout: timedelta = REQUEST_TIMEOUT,
) -> S3Store:
    """Return the bucket with bounded timeouts and retries.

    `endpoint` is an S3 other than AWS's. Without `credentials` they come from the environment. `timeout` is for one
    request with all its bytes.
    """
    # The client takes an option or its absence, and no None.
    options: dict[str, Any] = {"credential_provider": credentials} if credentials else {}
    client: Any = {"connect_timeout": CONNECT_TIMEOUT, "timeout": timeout}
    if endpoint:
        options["endpoint"], client["allow_http"] = endpoint, True
    retries: Any = {"max_retries": RETRIES, "retry_timeout": RETRY_TIMEOUT}
    return S3Store(bucket, region=region, client_options=client, retry_config=retries, **options)


@contextmanager
def s3_errors() -> Iterator[None]:
    """Turn the S3 client's errors into JarUnreachable; a missing key stays FileNotFoundError."""
    try:
        yield
    except (FileNotFoundError, BaseError) as error:
        if "NoSuchBucket" in str(error):
            raise JarUnreachable("The models' bucket does not exist; check its name.") from error
        if isinstance(error, FileNotFoundError):
            raise
        if isinstance(error, (PermissionDeniedError, UnauthenticatedError)):
            raise JarUnreachable("S3 refused access to the models' bucket; check its name and the rights.") from error
        raise JarUnreachable("The models' bucket in S3 cannot be reached at the moment; try again.") from error
