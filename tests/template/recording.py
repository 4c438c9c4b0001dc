"""Records what S3 is asked for, and says it in the words of IAM: action, resource and condition keys."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import Flask, Response, request_finished
from flask import request as current

from tests.template.evaluator import Request

# A laptop's S3 is asked over HTTP, that of AWS is not.
TLS = {"aws:SecureTransport": "true"}
CONDITIONS = {"If-None-Match": "s3:if-none-match", "If-Match": "s3:if-match"}


@dataclass(frozen=True)
class Exchange:
    """A request as it reached S3, and the status of the answer."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    status: int


@contextmanager
def recorded() -> Iterator[list[Exchange]]:
    """Keep whatever moto's server is asked for as long as the block lasts."""
    kept: list[Exchange] = []

    def keep(_: Flask, response: Response) -> None:
        body = current.get_data() if current.method == "POST" else b""
        headers = dict(current.headers)
        kept.append(Exchange(current.method, current.path, current.args.to_dict(), headers, body, response.status_code))

    with request_finished.connected_to(keep):
        yield kept


def asked(exchange: Exchange, bucket: str) -> list[Request]:
    """Return what S3 asks IAM before it answers, of a bucket by its ARN; raises LookupError for what is not known."""
    _, _, key = exchange.path.lstrip("/").partition("/")
    item = f"{bucket}/{key}"
    match exchange.method:
        case "GET" if not key:
            prefix = {"s3:prefix": exchange.query["prefix"]} if "prefix" in exchange.query else {}
            return [Request("s3:ListBucket", bucket, TLS | prefix)]
        case "GET" if key:
            listing = [Request("s3:ListBucket", bucket, TLS)] if exchange.status == 404 else []
            return [Request("s3:GetObject", item, TLS), *listing]
        case "PUT" if key and not exchange.query:
            conditions = {
                name: exchange.headers[header] for header, name in CONDITIONS.items() if header in exchange.headers
            }
            return [Request("s3:PutObject", item, TLS | {"s3:ObjectCreationOperation": "true"} | conditions)]
        case "POST" if "delete" in exchange.query:
            keys = [one.text for one in ET.fromstring(exchange.body).iter() if one.tag.endswith("Key")]
            return [Request("s3:DeleteObject", f"{bucket}/{one}", TLS) for one in keys]
    raise LookupError(f"{exchange.method} {exchange.path} {exchange.query} is nothing that S3 was ever asked for.")
