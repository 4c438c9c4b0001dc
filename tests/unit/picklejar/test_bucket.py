"""What S3 refuses, and what comes in its place, is told as it is; two writes at once lose nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from obstore.exceptions import AlreadyExistsError
from obstore.store import MemoryStore, ObjectStore

from picklejar.batch.files import Files
from picklejar.bucket import put_if, s3_errors, s3_store
from picklejar.errors import FilesUnreachable, JarUnreachable
from picklejar.registry import Registry
from tests.numbered import NAME, version
from training.registry import aliases, publish
from training.registry.versions import retire, versions

CREDENTIALS = {"access_key_id": "any", "secret_access_key": "any", "expires_at": None}
PAGE = b"<!DOCTYPE html><html><body>Welcome to our network</body></html>"
Answer = tuple[int, bytes, dict[str, str]]


class Stub(ThreadingHTTPServer):
    """An S3 that answers each request with the next answer, the last one again and again; or by the method."""

    daemon_threads = True
    answers: list[Answer] | dict[str, Answer]
    asked: list[str]
    signatures: list[str]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Stub

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("content-length") or 0))
        self.server.asked.append(self.command)
        self.server.signatures.append(self.headers.get("authorization", ""))
        status, body, headers = self._answer()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_PUT = do_HEAD = do_GET  # noqa: N815  as the base class wants them

    def _answer(self) -> Answer:
        answers = self.server.answers
        if isinstance(answers, dict):
            return answers[self.command]
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture
def stub() -> Iterator[Stub]:
    """Runs a stub of S3."""
    with Stub(("127.0.0.1", 0), _Handler) as server:
        server.asked, server.signatures = [], []
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def store(stub: Stub) -> ObjectStore:
    """The client of the stub."""
    address = f"http://127.0.0.1:{stub.server_port}"
    return s3_store("jar", region="us-east-1", endpoint=address, credentials=CREDENTIALS.copy)


def _xml(code: str, more: str = "") -> bytes:
    return f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>No.</Message>{more}</Error>".encode()


REGION = "<Region>eu-west-1</Region>"
REFUSALS: list[tuple[Answer, str]] = [
    ((400, _xml("ExpiredToken"), {}), "The AWS credentials have expired; sign in again."),
    ((403, _xml("InvalidAccessKeyId"), {}), "S3 does not know these AWS credentials; check the profile, or sign in"),
    ((403, _xml("RequestTimeTooSkewed"), {}), "This machine's clock is wrong by more than S3 allows; set it, and try"),
    ((301, _xml("PermanentRedirect"), {}), "The models' bucket is in another region; name that one (--region)."),
    (
        (400, _xml("AuthorizationHeaderMalformed", REGION), {}),
        "in another region, eu-west-1; name that one (--region).",
    ),
    ((404, _xml("NoSuchBucket"), {}), "The models' bucket does not exist; check its name."),
    ((403, _xml("AccessDenied"), {}), "S3 refused access to the models' bucket; check its name and the rights."),
    (
        (200, PAGE, {"Content-Type": "text/html"}),
        "A page of HTML came where S3 was asked, as from a network that wants",
    ),
    ((511, PAGE, {}), "A page of HTML came where S3 was asked"),
]


@pytest.mark.parametrize(("answer", "sentence"), REFUSALS, ids=[sentence[:40] for _, sentence in REFUSALS])
@pytest.mark.parametrize(
    "ask",
    [
        lambda registry: registry.alias("churn"),
        lambda registry: registry.manifest("churn", "1-0123456789ab"),
        lambda registry: registry.names(),
        lambda registry: registry.versions("churn"),
        lambda registry: registry.aliases("churn"),
        lambda registry: registry.version_keys("churn", "0123456789ab"),
    ],
    ids=["alias", "manifest", "names", "versions", "aliases", "keys"],
)
def test_what_s3_refuses_is_told_with_what_to_do(
    stub: Stub, store: ObjectStore, answer: Answer, sentence: str, ask: Callable[[Registry], Any]
) -> None:
    stub.answers = [answer]
    with pytest.raises(JarUnreachable) as refused:
        ask(Registry(store))
    assert sentence in str(refused.value)
    assert "delete" not in str(refused.value)


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (301, "The models' bucket is in another region; name that one"),
        (400, "S3 refused the request (400). The models' bucket may be in another region (--region), or the AWS cred"),
        (401, "S3 refused access to the models' bucket"),
        (403, "S3 refused access to the models' bucket"),
        (405, "S3 refused the request (405)."),
        (429, "cannot be reached at the moment; try again"),
        (503, "cannot be reached at the moment; try again"),
        (511, "A page of HTML came where S3 was asked"),
    ],
)
def test_a_refused_head_which_has_no_body_is_told_by_its_status(
    stub: Stub, store: ObjectStore, status: int, sentence: str
) -> None:
    stub.answers = [(status, b"", {})]
    with pytest.raises(JarUnreachable) as refused, s3_errors():
        store.head("key")
    assert sentence in str(refused.value)


def test_a_head_of_what_is_not_there_says_so(stub: Stub, store: ObjectStore) -> None:
    stub.answers = [MISSING]
    with pytest.raises(FileNotFoundError), s3_errors():
        store.head("key")


def test_a_version_is_not_said_to_be_missing_where_a_page_came(stub: Stub, store: ObjectStore) -> None:
    stub.answers = [(200, PAGE, {"Content-Type": "text/html"})]
    for act in (versions, lambda *names: retire(*names, "0123456789ab")):
        with pytest.raises(JarUnreachable, match="A page of HTML came"):
            act(store, "churn")


def test_what_is_not_there_is_still_not_there(stub: Stub, store: ObjectStore) -> None:
    stub.answers = [(404, _xml("NoSuchKey"), {})]
    with pytest.raises(FileNotFoundError):
        Registry(store).alias("churn")


CONFLICT: Answer = (409, _xml("ConditionalRequestConflict"), {})
MISSING: Answer = (404, b"", {})
WRITTEN: Answer = (200, b"", {"ETag": '"new"'})
THERE: Answer = (200, b"", {"ETag": '"old"', "Last-Modified": "Thu, 26 Nov 2026 10:00:00 GMT"})


def test_a_write_that_meets_another_is_written_again_if_that_came_to_nothing(stub: Stub, store: ObjectStore) -> None:
    stub.answers = [CONFLICT, MISSING, CONFLICT, MISSING, WRITTEN]
    assert put_if(store, "key", b"content")["e_tag"] == '"new"'
    assert stub.asked == ["PUT", "HEAD", "PUT", "HEAD", "PUT"]


def test_a_write_that_meets_another_gives_way_to_what_that_wrote(stub: Stub, store: ObjectStore) -> None:
    stub.answers = [CONFLICT, THERE]
    with pytest.raises(AlreadyExistsError):
        put_if(store, "key", b"content")
    assert stub.asked == ["PUT", "HEAD"]


def test_an_alias_that_nobody_moved_is_moved_all_the_same(stub: Stub, store: ObjectStore) -> None:
    stub.answers = [CONFLICT, WRITTEN]  # the client itself asks again
    assert put_if(store, "key", b"content", '"old"')["e_tag"] == '"new"'
    assert stub.asked == ["PUT", "PUT"]


def test_no_chunk_of_a_batch_is_taken_for_written_that_is_not(stub: Stub, store: ObjectStore) -> None:
    stub.answers = [CONFLICT, MISSING, WRITTEN]
    Files(store).create("part", b"rows")
    assert stub.asked == ["PUT", "HEAD", "PUT"]
    stub.answers = [CONFLICT, MISSING] * 3
    with pytest.raises(FilesUnreachable):
        Files(store).create("part", b"rows")


def test_publishing_and_promoting_beside_another_writer_end_in_a_sentence(stub: Stub, store: ObjectStore) -> None:
    stub.answers = {"GET": MISSING, "HEAD": MISSING, "PUT": CONFLICT}
    with pytest.raises(JarUnreachable, match="try again"):
        publish.deliver(version(1), store, lambda _: None)
    with pytest.raises(JarUnreachable):
        aliases.move(store, NAME, "champion", None, aliases.now(version(1).manifest.version))


def test_a_memory_has_no_conflicts() -> None:
    store = MemoryStore()
    found = put_if(store, "key", b"one")
    put_if(store, "key", b"two", found["e_tag"])
    with pytest.raises(AlreadyExistsError):
        put_if(store, "key", b"three")


def test_no_ones_own_keys_go_where_there_is_no_tls(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "somebodys")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    stub.answers = [(404, _xml("NoSuchKey"), {})]
    with pytest.raises(FileNotFoundError):
        s3_store("jar", region="us-east-1", endpoint=f"http://127.0.0.1:{stub.server_port}").get("any")
    (signature,) = stub.signatures
    assert "Credential=local/" in signature
    assert "x-amz-security-token" not in signature


def test_a_container_that_this_machines_s3_does_not_answer_says_how_to_start_it() -> None:
    # Whether the name leads to this machine or nowhere, nothing listens there.
    store = s3_store("jar", region="us-east-1", endpoint="http://host.docker.internal:9")
    with pytest.raises(JarUnreachable, match="start it with `make s3`"):
        Registry(store).names()
    with pytest.raises(JarUnreachable, match="start it with `make s3`"):
        Registry(store).alias("churn")
    with pytest.raises(FilesUnreachable, match="start it with `make s3`"):
        Files(store).read("any")
