"""What a rollback asks of S3: one conditional write, and a look before and after it at the version it goes to."""

from __future__ import annotations

from local.s3 import LocalS3
from picklejar.alias import Canary
from picklejar.bucket import alias_key, version_key
from picklejar.manifest import MANIFEST_FILE
from tests.numbered import NAME, put, version
from tests.template.recording import Exchange, recorded
from training.registry.aliases import promote, rollback
from training.registry.canary import begin

ALIAS = alias_key(NAME)


def _said(exchanges: list[Exchange], s3: LocalS3) -> list[tuple[str, str, bool]]:
    """Return of each request the method, the key, and whether it is on the condition that nobody wrote since."""
    return [(one.method, one.path.removeprefix(f"/{s3.bucket}/"), "If-Match" in one.headers) for one in exchanges]


def test_a_rollback_is_one_conditional_write(own_s3: LocalS3) -> None:
    store = own_s3.store()
    one, two = (put(store, version(number), alias=None) for number in (1, 2))
    promote(store, NAME, one)
    promote(store, NAME, two)
    manifest = version_key(NAME, one, MANIFEST_FILE)
    with recorded() as exchanges:
        assert rollback(store, NAME).after == one
    # The version may have been retired long ago, which is seen before the write, or just now, which is seen after it.
    assert _said(exchanges, own_s3) == [
        ("GET", ALIAS, False),
        ("GET", manifest, False),
        ("PUT", ALIAS, True),
        ("GET", manifest, False),
    ]


def test_the_end_of_a_canary_is_one_look_and_one_conditional_write(own_s3: LocalS3) -> None:
    store = own_s3.store()
    one, two = (put(store, version(number), alias=None) for number in (1, 2))
    promote(store, NAME, one)
    begin(store, NAME, Canary(two, 10))
    with recorded() as exchanges:
        rollback(store, NAME)
    assert _said(exchanges, own_s3) == [("GET", ALIAS, False), ("PUT", ALIAS, True)]
