"""The bucket: its client, its keys, and what its failures mean."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    GenericError,
    PermissionDeniedError,
    UnauthenticatedError,
)
from obstore.store import ObjectStore, S3Store

from picklejar.environment import THIS_MACHINE
from picklejar.errors import JarUnreachable

CHAMPION = "champion"
CONFLICT = "ConditionalRequestConflict"
# Seconds to wait before a write that met another is tried again.
PAUSES = (0.05, 0.2, 0.5)
REGION = r"<Region>([a-z0-9-]{1,30})</Region>"
A_PAGE = (
    "A page of HTML came where S3 was asked, as from a network that wants people to sign in first; sign in there, or "
    "use another network."
)
REFUSED = "S3 refused access to the models' bucket; check its name and the rights."
# What S3's codes, and the client's own words where it hides them, ask people to do.
SENTENCES = {
    ("NoSuchBucket",): "The models' bucket does not exist; check its name.",
    ("AccessDenied",): REFUSED,
    ("ExpiredToken", "TokenRefreshRequired"): "The AWS credentials have expired; sign in again.",
    ("InvalidAccessKeyId", "InvalidToken", "SignatureDoesNotMatch"): (
        "S3 does not know these AWS credentials; check the profile, or sign in again."
    ),
    ("RequestTimeTooSkewed", "RequestExpired"): (
        "This machine's clock is wrong by more than S3 allows; set it, and try again."
    ),
    ("PermanentRedirect", "AuthorizationHeaderMalformed", "incorrectly configured region"): (
        "The models' bucket is in another region{region}; name that one (--region)."
    ),
    ("SSOToken", "UnauthorizedSSOToken", "Token has expired"): (
        "The profile's sign-in (SSO) has ended or never was; run `aws sso login`."
    ),
    (
        "<html",
        "<HTML",
        "<!doctype html",
        "<!DOCTYPE html",
        "Network Authentication",
        "302 Found",
        "MissingEtag",
    ): A_PAGE,
}
# What the client says of an answer that has no other sentence. HEAD's answers have no body, and so no code.
STATUS = r"non-2xx status code: (4\d\d)"
# These are of load and of time, and another try may do.
TRANSIENT = {"408", "409", "425", "429"}
BAD_REQUEST = (
    "S3 refused the request ({status}). The models' bucket may be in another region (--region), or the AWS credentials "
    "may have expired."
)
AWAY = "The models' bucket in S3 cannot be reached at the moment; try again."
NO_LOCAL_S3 = (
    "This machine's S3 does not answer; start it with `make s3`, in a terminal of its own. If it runs, containers do "
    "not reach it: docs/local.md says why."
)
# API Gateway gives up after 29 s and people long before: S3 answers within this or is unreachable.
CONNECT_TIMEOUT = timedelta(seconds=1)
# This machine answers at once, or not at all where a firewall is between; then that is to be said in time.
LOCAL_CONNECT_TIMEOUT = timedelta(milliseconds=200)
REQUEST_TIMEOUT = timedelta(seconds=2)
RETRY_TIMEOUT = timedelta(seconds=2)
RETRIES = 2
# moto's S3 takes any.
LOCAL_KEY = "local"
LOCAL_KEYS = {"access_key_id": LOCAL_KEY, "secret_access_key": LOCAL_KEY, "expires_at": None}


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

    `endpoint` is an S3 other than AWS's. Without `credentials` they come from the environment; an `endpoint` without
    TLS gets local keys instead, so that nobody's own leave the machine. `timeout` is for one request with all its
    bytes.
    """
    if endpoint and endpoint.startswith("http://"):
        credentials = credentials or LOCAL_KEYS.copy
    # The client takes an option or its absence, and no None.
    options: dict[str, Any] = {"credential_provider": credentials} if credentials else {}
    is_local = bool(endpoint and THIS_MACHINE in endpoint)
    client: Any = {"connect_timeout": LOCAL_CONNECT_TIMEOUT if is_local else CONNECT_TIMEOUT, "timeout": timeout}
    if endpoint:
        options["endpoint"], client["allow_http"] = endpoint, True
    retries: Any = {"max_retries": RETRIES, "retry_timeout": RETRY_TIMEOUT}
    return S3Store(bucket, region=region, client_options=client, retry_config=retries, **options)


def put_if(store: ObjectStore, key: str, content: bytes, e_tag: str | None = None) -> Any:
    """Create an object, or replace the one of that ETag; return what the store says of it.

    While another conditional write of the key is under way S3 refuses both (409 ConditionalRequestConflict): then this
    looks whether that one came to anything, and writes again if not.

    Raises AlreadyExistsError or PreconditionError where there is another object.
    """
    for pause in PAUSES:
        try:
            return store.put(key, content, mode={"e_tag": e_tag} if e_tag else "create")
        except AlreadyExistsError as error:
            if CONFLICT not in str(error) or _e_tag(store, key) != e_tag:
                raise
        time.sleep(pause)
    raise GenericError(f"Others keep writing {key}.")


def _e_tag(store: ObjectStore, key: str) -> str | None:
    try:
        return store.head(key)["e_tag"]
    except FileNotFoundError:
        return None


def refuse_page(content: bytes) -> None:
    """Raise JarUnreachable for a page of HTML, as a network gives that wants people to sign in first."""
    if content[:64].lstrip().lower().startswith((b"<!doctype html", b"<html")):
        raise JarUnreachable(A_PAGE)


@contextmanager
def s3_errors() -> Iterator[None]:
    """Turn the S3 client's errors into JarUnreachable; a missing key stays FileNotFoundError."""
    try:
        yield
    except (FileNotFoundError, BaseError) as error:
        sentence = _sentence(str(error))
        if sentence:
            raise JarUnreachable(sentence) from error
        if isinstance(error, FileNotFoundError):
            raise
        if isinstance(error, (PermissionDeniedError, UnauthenticatedError)):
            raise JarUnreachable(REFUSED) from error
        status = re.search(STATUS, str(error))
        if status and status[1] not in TRANSIENT:
            raise JarUnreachable(BAD_REQUEST.format(status=status[1])) from error
        raise JarUnreachable(NO_LOCAL_S3 if is_of_local_s3(error) else AWAY) from error


def is_of_local_s3(error: BaseException) -> bool:
    """Whether it was the S3 of this machine that a container asked."""
    return f"//{THIS_MACHINE}:" in str(error)


def _sentence(text: str) -> str | None:
    for codes, sentence in SENTENCES.items():
        if any(code in text for code in codes):
            region = re.search(REGION, text)
            return sentence.format(region=f", {region[1]}" if region else "")
    return None
