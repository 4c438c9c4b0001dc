"""The buckets, of the models and of the log of who asked for them: private, encrypted, versioned, and kept."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from tests.template.rendering import Stack

Document = dict[str, Any]
BUCKETS = ["ModelsBucket", "LogsBucket"]
KEY = "arn:aws:kms:eu-central-1:111122223333:key/11111111-2222-3333-4444-555555555555"


OF_S3 = {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
OF_KMS = {
    "ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY},
    "BucketKeyEnabled": True,
}


def test_the_bucket_is_encrypted(outputs: dict[str, str]) -> None:
    found = boto3.client("s3").get_bucket_encryption(Bucket=outputs["ModelsBucket"])
    (rule,) = found["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"


@pytest.mark.parametrize(("key", "rule"), [("", OF_S3), (KEY, OF_KMS)], ids=["by S3's own key", "by a key of KMS"])
def test_models_are_encrypted(cloudformation: Document, key: str, rule: Document) -> None:
    bucket = Stack(cloudformation, {"KmsKeyArn": key}).resources("AWS::S3::Bucket")["ModelsBucket"]
    assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"] == [rule]


def test_logs_are_encrypted_by_s3s_own_key_because_s3_delivers_to_no_other(resources: Document) -> None:
    assert resources["LogsBucket"]["Properties"]["BucketEncryption"]["ServerSideEncryptionConfiguration"] == [OF_S3]


@pytest.mark.parametrize("name", BUCKETS)
def test_a_bucket_keeps_what_was_overwritten(resources: Document, name: str) -> None:
    assert resources[name]["Properties"]["VersioningConfiguration"] == {"Status": "Enabled"}


def test_what_was_overwritten_or_deleted_is_forgotten_after_a_while(resources: Document) -> None:
    of_models, of_uploads = resources["ModelsBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    assert of_models["NoncurrentVersionExpiration"] == {"NoncurrentDays": {"Ref": "NoncurrentDays"}}
    assert of_models["ExpiredObjectDeleteMarker"] is True
    assert of_uploads["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}
    # What serves is never forgotten.
    assert not {"ExpirationInDays", "ExpirationDate", "Transitions"} & (of_models.keys() | of_uploads.keys())


def test_logs_are_forgotten_wholly_when_the_log_lines_are(resources: Document) -> None:
    (rule,) = resources["LogsBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    assert rule["ExpirationInDays"] == {"Ref": "LogRetentionDays"}
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}


def test_every_bucket_but_that_of_the_logs_tells_who_asked_for_what(resources: Document) -> None:
    buckets = {name: one["Properties"] for name, one in resources.items() if one["Type"] == "AWS::S3::Bucket"}
    # A bucket that told itself would tell that, too, without an end.
    assert "LoggingConfiguration" not in buckets.pop("LogsBucket")
    told = [one["LoggingConfiguration"] for one in buckets.values()]
    assert [one["DestinationBucketName"] for one in told] == [{"Ref": "LogsBucket"}] * len(buckets)
    assert len({one["LogFilePrefix"] for one in told}) == len(buckets)


@pytest.mark.parametrize("name", BUCKETS)
def test_nothing_in_a_bucket_can_be_made_public(resources: Document, name: str) -> None:
    assert resources[name]["Properties"]["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": True,
        "BlockPublicPolicy": True,
        "IgnorePublicAcls": True,
        "RestrictPublicBuckets": True,
    }


@pytest.mark.parametrize("name", BUCKETS)
def test_whatever_is_in_a_bucket_belongs_to_its_owner(resources: Document, name: str) -> None:
    rules = resources[name]["Properties"]["OwnershipControls"]["Rules"]
    assert rules == [{"ObjectOwnership": "BucketOwnerEnforced"}]


@pytest.mark.parametrize("name", ["ModelsBucket", "ModelsBucketPolicy", "LogsBucket", "LogsBucketPolicy"])
def test_models_and_logs_outlive_the_stack(resources: Document, name: str) -> None:
    assert (resources[name]["DeletionPolicy"], resources[name]["UpdateReplacePolicy"]) == (
        "RetainExceptOnCreate",
        "Retain",
    )
