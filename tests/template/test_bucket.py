"""The models' bucket: private, encrypted, versioned, and kept."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

Document = dict[str, Any]


def test_the_bucket_is_encrypted(outputs: dict[str, str]) -> None:
    found = boto3.client("s3").get_bucket_encryption(Bucket=outputs["ModelsBucket"])
    (rule,) = found["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"


def test_the_bucket_keeps_what_was_overwritten(resources: Document) -> None:
    assert resources["ModelsBucket"]["Properties"]["VersioningConfiguration"] == {"Status": "Enabled"}


def test_nothing_in_the_bucket_can_be_made_public(resources: Document) -> None:
    assert resources["ModelsBucket"]["Properties"]["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": True,
        "BlockPublicPolicy": True,
        "IgnorePublicAcls": True,
        "RestrictPublicBuckets": True,
    }


def test_whatever_is_in_the_bucket_belongs_to_its_owner(resources: Document) -> None:
    rules = resources["ModelsBucket"]["Properties"]["OwnershipControls"]["Rules"]
    assert rules == [{"ObjectOwnership": "BucketOwnerEnforced"}]


def test_nobody_gets_at_the_bucket_without_tls(resources: Document) -> None:
    policy = resources["ModelsBucketPolicy"]["Properties"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert policy["Bucket"] == {"Ref": "ModelsBucket"}
    assert statement | {"Sid": ""} == {
        "Sid": "",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [{"Fn::GetAtt": ["ModelsBucket", "Arn"]}, {"Fn::Sub": "${ModelsBucket.Arn}/*"}],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


@pytest.mark.parametrize("name", ["ModelsBucket", "ModelsBucketPolicy"])
def test_models_outlive_the_stack(resources: Document, name: str) -> None:
    assert (resources[name]["DeletionPolicy"], resources[name]["UpdateReplacePolicy"]) == ("Retain", "Retain")
