"""Uploads what changed of the page, `index.html` last, then deletes what no visitor needs."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deployment.samconfig import ROOT
from deployment.site import INDEX, SiteFile, site_files
from training.aws.account import Account, aws_errors

WEB = ROOT / "web"
# The page and its API have one origin.
CONFIG = {"api": "/api"}
VERSION = re.compile(rb'"([0-9a-f]{16})/')


@dataclass(frozen=True)
class Uploaded:
    """The keys that an upload changed."""

    written: tuple[str, ...]
    deleted: tuple[str, ...]


def upload(account: Account, bucket: str, distribution: str, web: Path = WEB) -> Uploaded:
    """Bring the bucket up to date, and invalidate CloudFront's copies of changed files.

    The previous version stays until the next upload, for open pages. Raises AwsRefused, InvalidConfiguration.
    """
    files = site_files(web, CONFIG)
    client = account.client("s3")
    with aws_errors(f"uploading the page to {bucket}"):
        there = _there(client, bucket)
        before = _version(client, bucket) if INDEX in there else None
        changed = [file for file in files if there.get(file.key) != _e_tag(file.content)]
        for file in changed:
            _put(client, bucket, file)
        stale = sorted(key for key in there.keys() - {file.key for file in files} if _folder(key) != before)
        for key in stale:
            client.delete_object(Bucket=bucket, Key=key)
    _invalidate(account, distribution, [file.key for file in changed if "/" not in file.key])
    return Uploaded(tuple(file.key for file in changed), tuple(stale))


def _there(client: Any, bucket: str) -> dict[str, str]:
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return {item["Key"]: item["ETag"] for page in pages for item in page.get("Contents", [])}


def _version(client: Any, bucket: str) -> str | None:
    match = VERSION.search(client.get_object(Bucket=bucket, Key=INDEX)["Body"].read())
    return match[1].decode() if match else None


def _folder(key: str) -> str:
    return key.partition("/")[0]


def _e_tag(content: bytes) -> str:
    return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'


def _put(client: Any, bucket: str, file: SiteFile) -> None:
    client.put_object(
        Bucket=bucket,
        Key=file.key,
        Body=file.content,
        ContentType=file.media_type,
        CacheControl=file.cache_control,
    )


def _invalidate(account: Account, distribution: str, keys: Iterable[str]) -> None:
    paths = [f"/{key}" for key in keys]
    if not paths:
        return
    # What stands for index.html has another address.
    paths += ["/"] if f"/{INDEX}" in paths else []
    with aws_errors("telling CloudFront of the page"):
        account.client("cloudfront").create_invalidation(
            DistributionId=distribution,
            InvalidationBatch={"Paths": {"Quantity": len(paths), "Items": paths}, "CallerReference": str(uuid.uuid4())},
        )
