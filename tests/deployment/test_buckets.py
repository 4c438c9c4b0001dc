"""Emptying and deleting buckets, of every version and delete marker."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest

from deployment.__main__ import app
from deployment.buckets import BucketBusy, delete_bucket, empty
from training.aws.account import Account

MANY = 1_100


@pytest.fixture
def bucket(aws: Account, name: str) -> str:
    """A bucket that keeps versions."""
    client = boto3.client("s3")
    client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": aws.region})
    client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


def _exists(bucket: str) -> bool:
    return bucket in {one["Name"] for one in boto3.client("s3").list_buckets()["Buckets"]}


def test_more_versions_than_s3_lists_at_once_are_deleted_in_parts(aws: Account, bucket: str) -> None:
    client = boto3.client("s3")
    with ThreadPoolExecutor(4) as several:
        list(several.map(lambda number: client.put_object(Bucket=bucket, Key=f"{number}", Body=b"x"), range(MANY)))
    counts: list[int] = []
    empty(aws, bucket, counts.append)
    assert counts == [1_000, 100]
    assert "Versions" not in client.list_object_versions(Bucket=bucket)


def test_overwritten_versions_and_delete_markers_go_too(aws: Account, bucket: str) -> None:
    client = boto3.client("s3")
    for content in (b"1", b"2"):
        client.put_object(Bucket=bucket, Key="alias", Body=content)
    client.delete_object(Bucket=bucket, Key="alias")
    counts: list[int] = []
    delete_bucket(aws, bucket, counts.append)
    assert counts == [3]
    assert not _exists(bucket)


def test_a_bucket_that_is_gone_is_empty_and_deleted(aws: Account, name: str) -> None:
    counts: list[int] = []
    empty(aws, name, counts.append)
    delete_bucket(aws, name, counts.append)
    assert counts == []


def test_what_is_written_meanwhile_is_deleted_too(aws: Account, bucket: str) -> None:
    client = boto3.client("s3")
    client.put_object(Bucket=bucket, Key="first", Body=b"")

    def write_once(_: int) -> None:
        if not written:
            written.append(client.put_object(Bucket=bucket, Key="late", Body=b""))

    written: list[object] = []
    delete_bucket(aws, bucket, write_once)
    assert not _exists(bucket)


def test_who_never_stops_writing_is_told_of(aws: Account, bucket: str) -> None:
    client = boto3.client("s3")
    client.put_object(Bucket=bucket, Key="first", Body=b"")
    with pytest.raises(BucketBusy, match="Somebody goes on writing"):
        delete_bucket(aws, bucket, lambda _: client.put_object(Bucket=bucket, Key="again", Body=b""))
    assert _exists(bucket)


def test_the_command_deletes_a_bucket_whose_name_is_typed(aws: Account, run: Callable[..., str], bucket: str) -> None:
    boto3.client("s3").put_object(Bucket=bucket, Key="model", Body=b"")
    said = run(app, "delete-bucket", bucket, typed="other\n", status=1)
    assert f"'other' is not '{bucket}'; nothing was deleted." in said
    assert _exists(bucket)
    assert f"The bucket {bucket} is deleted." in run(app, "delete-bucket", bucket, "--yes", bucket)
    assert not _exists(bucket)
