"""Credentials from the address that Lambda gives under SnapStart, instead of variables.

https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
"""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

import msgspec

from picklejar.errors import JarUnreachable

# The address is on the same machine.
TIMEOUT_SECONDS = 1.0


class Credentials(msgspec.Struct, frozen=True, rename="pascal"):
    """What the address answers."""

    access_key_id: str
    secret_access_key: str
    token: str
    expiration: datetime


class CredentialsAddress:
    """Fetches credentials when the bucket's client asks, which keeps them until they nearly expire."""

    def __init__(self, address: str, token: str | None) -> None:
        self._address = urlsplit(address)
        self._headers = {"Authorization": token} if token else {}

    def __call__(self) -> dict[str, Any]:
        try:
            credentials = msgspec.json.decode(self._fetch(), type=Credentials)
        except (OSError, HTTPException, msgspec.MsgspecError) as error:
            raise JarUnreachable("Lambda hands out no credentials at the moment; try again.") from error
        return {
            "access_key_id": credentials.access_key_id,
            "secret_access_key": credentials.secret_access_key,
            "token": credentials.token,
            "expires_at": credentials.expiration,
        }

    def _fetch(self) -> bytes:
        connection = HTTPConnection(self._address.netloc, timeout=TIMEOUT_SECONDS)
        try:
            connection.request("GET", self._address._replace(scheme="", netloc="").geturl(), headers=self._headers)
            response = connection.getresponse()
            if response.status != HTTPStatus.OK:
                raise HTTPException(f"The address of the credentials answered {response.status}.")
            return response.read()
        finally:
            connection.close()
