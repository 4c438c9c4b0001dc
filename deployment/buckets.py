"""Empties and deletes buckets, with every version of every object."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import ClientError

from picklejar.errors import PicklejarError
from training.aws.account import Account, aws_errors, code

# As many as S3 takes, and lists, at once.
PAGE = 1000
# Whoever writes more often than this meanwhile is not to be outrun.
TRIES = 5

Deleted = Callable[[int], None]


class BucketBusy(PicklejarError):
    """Somebody goes on writing to a bucket that is to be deleted."""


class NotDeleted(PicklejarError):
    """S3 deleted only some objects of a bucket."""


def empty(account: Account, bucket: str, deleted: Deleted) -> None:
    """Delete every version and delete marker; `deleted` gets the count after each thousand.

    A missing bucket is empty. Raises NotDeleted, AwsRefused.
    """
    client = account.client("s3")
    with aws_errors(f"emptying {bucket}"):
        for page in _pages(client, bucket):
            answer = client.delete_objects(Bucket=bucket, Delete={"Objects": page, "Quiet": True})
            for error in answer.get("Errors", []):
                raise NotDeleted(
                    f"{error['Key']} in {bucket} cannot be deleted: {error.get('Message', error['Code'])}."
                )
            deleted(len(page))


def delete_bucket(account: Account, bucket: str, deleted: Deleted) -> None:
    """Empty a bucket and delete it. Raises BucketBusy, NotDeleted, AwsRefused."""
    client = account.client("s3")
    for _ in range(TRIES):
        empty(account, bucket, deleted)
        with aws_errors(f"deleting {bucket}"):
            try:
                client.delete_bucket(Bucket=bucket)
            except ClientError as error:
                if code(error) == "BucketNotEmpty":
                    continue
                if code(error) != "NoSuchBucket":
                    raise
            return
    raise BucketBusy(f"Somebody goes on writing to {bucket}. Stop that, or wait for it to end, and delete it then.")


def _pages(client: Any, bucket: str) -> Iterator[list[dict[str, str]]]:
    more = True
    while more:
        try:
            page = client.list_object_versions(Bucket=bucket, MaxKeys=PAGE)
        except ClientError as error:
            if code(error) != "NoSuchBucket":
                raise
            return
        match = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        if match:
            yield [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in match]
        more = page["IsTruncated"]
