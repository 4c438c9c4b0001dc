"""Uploading the page: what is written, what is left alone, what CloudFront is told."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import boto3
import pytest

from deployment.upload import WEB, upload
from training.aws.account import Account, AwsRefused


@pytest.fixture
def bucket(aws: Account, name: str) -> str:
    """An empty bucket."""
    boto3.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": aws.region})
    return name


@pytest.fixture
def web(tmp_path: Path) -> Path:
    """A page of one's own to change."""
    return Path(shutil.copytree(WEB, tmp_path / "web"))


def _invalidated(distribution: str) -> list[list[str]]:
    client = boto3.client("cloudfront")
    listed = client.list_invalidations(DistributionId=distribution)["InvalidationList"].get("Items", [])
    found = [client.get_invalidation(DistributionId=distribution, Id=one["Id"]) for one in listed]
    return [sorted(one["Invalidation"]["InvalidationBatch"]["Paths"]["Items"]) for one in found]


def _folders(bucket: str) -> set[str]:
    listed = boto3.client("s3").list_objects_v2(Bucket=bucket)["Contents"]
    return {one["Key"].partition("/")[0] for one in listed if "/" in one["Key"]}


def test_the_page_is_uploaded_with_its_types_and_told_where_its_api_is(
    aws: Account, bucket: str, distribution: str
) -> None:
    done = upload(aws, bucket, distribution)
    client = boto3.client("s3")
    assert done.written[-1] == "index.html"
    config = client.get_object(Bucket=bucket, Key="config.json")
    assert json.loads(config["Body"].read()) == {"api": "/api"}
    assert config["CacheControl"] == "no-cache"
    script = client.head_object(Bucket=bucket, Key=next(key for key in done.written if key.endswith("/main.js")))
    assert script["ContentType"] == "text/javascript; charset=utf-8"
    assert "immutable" in script["CacheControl"]
    assert _invalidated(distribution) == [["/", "/api.html", "/config.json", "/index.html"]]


def test_what_did_not_change_is_not_uploaded_again(aws: Account, bucket: str, distribution: str) -> None:
    upload(aws, bucket, distribution)
    again = upload(aws, bucket, distribution)
    assert (again.written, again.deleted) == ((), ())
    assert len(_invalidated(distribution)) == 1


def test_an_old_version_stays_for_those_who_have_it_open_and_goes_with_the_next(
    aws: Account, bucket: str, distribution: str, web: Path
) -> None:
    upload(aws, bucket, distribution, web)
    first = _folders(bucket)
    (web / "icon.svg").write_text("<svg/>")
    second = upload(aws, bucket, distribution, web)
    assert second.deleted == ()
    assert second.written[-1] == "index.html"
    assert "config.json" not in second.written
    assert _folders(bucket) > first
    third = upload(aws, bucket, distribution, web)
    assert {key.partition("/")[0] for key in third.deleted} == first
    assert not _folders(bucket) & first


def test_a_broken_upload_is_gone_on_with(aws: Account, bucket: str, distribution: str) -> None:
    whole = upload(aws, bucket, distribution).written
    for key in ("index.html", whole[0]):
        boto3.client("s3").delete_object(Bucket=bucket, Key=key)
    assert upload(aws, bucket, distribution).written == (whole[0], "index.html")


def test_a_bucket_that_is_not_there_is_named(aws: Account, name: str, distribution: str) -> None:
    with pytest.raises(AwsRefused, match=f"AWS refused uploading the page to {name}. It says: "):
        upload(aws, name, distribution)
