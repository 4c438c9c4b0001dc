"""Predict a CSV: what a CSV may look like, what comes out, and that 100,000 rows leave the page free."""

from __future__ import annotations

import csv
import io
import random
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from functions.predict import request as predict_request
from functions.predict.api import make_handler
from local.gateway import Handler
from local.s3 import LocalS3
from picklejar.serving.jar import Jar
from tests.browser.conftest import Silence, opened, running_site, told

HEADER = ["avg_area_income", "avg_area_house_age", "avg_area_rooms", "avg_area_bedrooms", "area_population"]
MANY = 100_000
MANY_MILLISECONDS = 90_000


@pytest.fixture
def batch(housing: Page) -> Page:
    housing.locator("#batch summary").click()
    housing.get_by_text("Choose a CSV").wait_for()
    return housing


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hundred thousand rows with a column that is none of the model's, which needs quotes."""
    path = tmp_path_factory.mktemp("many") / "many.csv"
    numbers = random.Random(1)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["address", *HEADER])
        for row in range(MANY):
            address = f'{row} "Elm" Street,\nSpringfield'
            writer.writerow([address, numbers.uniform(4e4, 9e4), *(numbers.uniform(3, 8) for _ in range(3)), 30_000])
    return path


def choose(page: Page, content: bytes | Path, name: str = "rows.csv") -> None:
    file: Any = content if isinstance(content, Path) else {"name": name, "mimeType": "text/csv", "buffer": content}
    page.locator("#batch input[type=file]").set_input_files(file)


def run(page: Page) -> bytes:
    """Press the button and return the file that comes out."""
    page.get_by_role("button", name=re.compile("^Predict .* rows?$")).click()
    return download(page)


def download(page: Page) -> bytes:
    link = page.get_by_role("link", name=re.compile("^Download .*-predicted.csv"))
    link.wait_for(timeout=MANY_MILLISECONDS)
    with page.expect_download() as downloading:
        link.click()
    return Path(downloading.value.path()).read_bytes()


def test_the_file_comes_back_with_its_predictions(batch: Page) -> None:
    header = "id,area_population,avg_area_income,avg_area_house_age,avg_area_rooms,avg_area_bedrooms"
    rows = header + '\r\n"a ""1"",\r\nx",36163.52,68583.11,5.98,6.99,3.98\r\n'
    choose(batch, rows.encode())
    expect(batch.locator("#batch [role=status]")).to_have_text("1 row. No errors found.")
    out = run(batch).decode()
    assert out.startswith(header + ",prediction\r\n")
    assert '"a ""1"",\r\nx",36163.52,68583.11,5.98,6.99,3.98,1231' in out


def test_semicolons_decimal_commas_and_a_byte_order_mark_are_read(batch: Page) -> None:
    choose(batch, ("\ufeff" + ";".join(HEADER) + "\r\n68583,11;5,98;6,99;3,98;36163,52\r\n").encode())
    expect(batch.locator("#batch [role=status]")).to_have_text("1 row. No errors found.")
    out = run(batch).decode()
    assert out.startswith("\ufeff" + ";".join(HEADER) + ";prediction\r\n68583,11;5,98;6,99;3,98;36163,52;1231")


def test_errors_are_marked_at_their_cells_and_the_other_rows_predicted(batch: Page) -> None:
    rows = [",".join(HEADER), "68583.11,5.98,6.99,3.98,36163.52", "abc,5,,3,-1", "1,2,3", ",,,,"]
    choose(batch, "\n".join(rows).encode())
    expect(batch.locator("#batch [role=status]")).to_have_text(
        "4 rows. 2 rows with errors will be left without a prediction. 1 row is empty and will be left as it is."
    )
    expect(batch.locator("#batch td.broken")).to_have_text(
        [
            re.compile("abc.*avg_area_income must be a number, written like 68583.11."),
            re.compile("(empty).*avg_area_rooms is missing."),
            re.compile("-1.*area_population must be at least 0."),
        ]
    )
    expect(batch.locator("#batch td.trouble")).to_have_text("This row has 3 cells, the first line has 5.")
    out = list(csv.reader(io.StringIO(run(batch).decode())))
    assert out[0] == [*HEADER, "prediction", "error"]
    assert out[1][5].startswith("1231")
    assert out[2][6].startswith("avg_area_income must be a number")
    assert out[3] == ["1", "2", "3", "", "", "", "This row has 3 cells, the first line has 5."]
    assert out[4] == [""] * 7
    expect(batch.locator("#batch [role=status]")).to_contain_text(
        "Done: 1 row predicted. 2 rows could not be predicted"
    )


UNUSABLE = {
    b"": "The file is empty.",
    b"\x89PNG\r\n\x1a\n\x00\x81" + bytes(range(256)) * 40: "The file has zero bytes, which no text has",
    "größe,b\n1,2\n".encode("utf-16-le"): "The file looks like UTF-16 text without a byte order mark",
    b"\x81,b\n1,2\n": "The file is text neither in UTF-8 nor in cp1252",
    b"a^b\n1^2\n": "It has one column, “a^b”, as no",
    b'"' + b"a\n" * 600_000: "The first line has more than 1,048,576 bytes in UTF-8; close its quote",
    ",".join(f"another column {number}" for number in range(500)).encode(): "The file has no column avg_area_income",
    b"a,b\n1,2\n": "The file has no column avg_area_income",
    ",".join(HEADER).encode(): "The file has a first line and no rows under it.",
    (",".join(HEADER) + '\n1,2,3,4,"5\n').encode(): "A quote that opens after row 0 is never closed.",
    (",".join([*HEADER, HEADER[0]]) + "\n1,2,3,4,5,6\n").encode(): "Two columns are called avg_area_income.",
}


def test_a_file_that_cannot_be_used_says_why(batch: Page) -> None:
    for content, sentence in UNUSABLE.items():
        choose(batch, content)
        expect(batch.locator("#batch [role=alert]")).to_contain_text(sentence)
        # Nothing else: what is wrong is the file, and not a row.
        assert len(batch.locator("#batch [role=alert]").inner_text()) < 800
        expect(batch.locator("#batch table")).to_have_count(0)


def test_the_template_goes_through_as_it_is(batch: Page) -> None:
    with batch.expect_download() as downloading:
        batch.get_by_role("link", name="Download a template").click()
    choose(batch, Path(downloading.value.path()).read_bytes())
    assert b",prediction\r\n" in run(batch)


def test_rows_that_only_the_api_refuses_say_so_and_the_others_go_on(page: Page, site: str, silence: Silence) -> None:
    silence.expect("Failed to load resource")

    def without_limits(route: Route) -> None:
        manifest = route.fetch().json()
        for feature in manifest["signature"]["features"]:
            feature.pop("minimum")
        route.fulfill(json=manifest)

    page.route("**/models/housing", without_limits)
    opened(page, f"{site}/#/housing", "House price").locator("#batch summary").click()
    choose(page, "\n".join([",".join(HEADER), "1,2,3,4,5", "-1,2,-3,4,5", "5,4,3,2,1"]).encode())
    out = list(csv.reader(io.StringIO(run(page).decode())))
    assert [bool(row[5]) for row in out[1:]] == [True, False, True]
    assert out[2][6] == "avg_area_income must be at least 0. avg_area_rooms must be at least 0."


def test_a_dropped_file_is_taken(batch: Page) -> None:
    batch.evaluate(
        """(text) => {
          const data = new DataTransfer();
          data.items.add(new File([text], "dropped.csv"));
          const drop = new DragEvent("drop", { dataTransfer: data, bubbles: true });
          document.querySelector(".drop-zone").dispatchEvent(drop);
        }""",
        ",".join(HEADER) + "\n1,2,3,4,5\n",
    )
    expect(batch.locator("#batch [role=status]")).to_have_text("1 row. No errors found.")


class Gate:
    """A handler that lets some predictions through, and the others once it is opened."""

    def __init__(self, handler: Handler, passing: int) -> None:
        self._handler = handler
        self._passing = passing
        self._opened = threading.Event()

    def __call__(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        if event["httpMethod"] == "POST":
            self._passing -= 1
            if self._passing < 0:
                self._opened.wait(timeout=60)
        return self._handler(event, context)

    def open(self) -> None:
        self._opened.set()


@pytest.fixture
def gate(s3: LocalS3) -> Iterator[Gate]:
    """Lets the page's first answer through, and three parts of a file."""
    gate = Gate(make_handler(Jar(s3.store()), ()), passing=1 + 3)
    yield gate
    gate.open()


def test_a_hundred_thousand_rows_go_through_beside_the_page(
    batch: Page, many: Path, record_testsuite_property: Callable[[str, object], None]
) -> None:
    batch.evaluate("watched.longest = 0")
    # The first answer's request is none of these.
    batch.evaluate("performance.clearResourceTimings()")
    choose(batch, many)
    expect(batch.locator("#batch [role=status]")).to_have_text(
        "100,000 rows. No errors found.", timeout=MANY_MILLISECONDS
    )
    out = list(csv.reader(io.StringIO(run(batch).decode(), newline="")))
    # Measured, not asserted: how long the page could not react depends on who else uses the machine.
    record_testsuite_property("longest_task_milliseconds", batch.evaluate("watched.longest"))
    assert len(out) == MANY + 1
    assert out[0] == ["address", *HEADER, "prediction"]
    assert all(float(row[6]) for row in out[1:])
    assert out[1][0] == '0 "Elm" Street,\nSpringfield'
    # The page itself asked for no prediction: a worker did.
    asked = batch.evaluate("performance.getEntriesByType('resource').map(({ name }) => name)")
    assert not [name for name in asked if name.endswith("/predict")]


@pytest.mark.slow
def test_a_hundred_thousand_rows_can_be_cancelled_and_lose_nothing(page: Page, many: Path, gate: Gate) -> None:
    with running_site(gate) as site:
        opened(page, f"{site}/#/housing", "House price").locator("#batch summary").click()
        choose(page, many)
        page.get_by_role("button", name="Predict 100,000 rows").click(timeout=MANY_MILLISECONDS)
        expect(page.locator("#batch progress")).to_have_attribute("max", "100000")
        expect(page.locator("#batch .ticks").last).to_have_text("15,000 of 100,000 rows")
        page.get_by_role("button", name="Cancel").click()
        expect(page.locator("#batch [role=status]")).to_have_text("Cancelled: 15,000 rows predicted.")
        gate.open()
        out = list(csv.reader(io.StringIO(download(page).decode(), newline="")))
        assert len(out) == MANY + 1
        assert out[15_000][7] == ""
        assert out[15_001][6:] == ["", "Not predicted: cancelled before this row."]


def test_an_api_that_stops_halfway_is_waited_for(page: Page, many: Path, s3: LocalS3, silence: Silence) -> None:
    silence.expect("Failed to load resource")
    # The first is of the page itself.
    answers = iter([200, 503])

    def unsteady(event: dict[str, Any], context: Any) -> dict[str, Any]:
        answer = handler(event, context)
        if event["httpMethod"] == "POST" and next(answers, 200) == 503:
            return answer | {"statusCode": 503, "body": '{"title": "Down", "detail": "For a moment."}'}
        return answer

    handler = make_handler(Jar(s3.store()), ())
    with running_site(unsteady) as site:
        opened(page, f"{site}/#/housing", "House price").locator("#batch summary").click()
        choose(page, (",".join(HEADER) + "\n1,2,3,4,5\n").encode())
        page.get_by_role("button", name="Predict 1 row").click()
        assert "Down. For a moment." in told(page, "#batch")
        page.get_by_role("button", name="Try now").click()
        expect(page.locator("#batch [role=status]")).to_have_text("Done: 1 row predicted.")


def test_parts_that_are_too_large_are_sent_smaller(
    batch: Page, monkeypatch: pytest.MonkeyPatch, silence: Silence
) -> None:
    silence.expect("Failed to load resource")
    monkeypatch.setattr(predict_request, "MOST_BYTES", 1000)
    choose(batch, "\n".join([",".join(HEADER), *["1,2,3,4,5"] * 40]).encode())
    out = run(batch).decode().splitlines()
    assert len(out) == 41
    assert all(line.rpartition(",")[2] for line in out)
