"""Asks a Picklejar API for predictions: `Client(url).model("housing").predict(rows)`."""

from __future__ import annotations

from picklejar_client.client import Answer, Client, ListedModel, Model
from picklejar_client.errors import (
    BrokenRule,
    ClientError,
    NoAnswer,
    NotAnApi,
    QuotaUsedUp,
    Refused,
    Unavailable,
)
from picklejar_client.version import __version__

__all__ = [
    "Answer",
    "BrokenRule",
    "Client",
    "ClientError",
    "ListedModel",
    "Model",
    "NoAnswer",
    "NotAnApi",
    "QuotaUsedUp",
    "Refused",
    "Unavailable",
    "__version__",
]
