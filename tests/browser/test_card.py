"""The card: metrics against the baseline, data, limits, versions, hashes, and pictures that come with the version."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
from playwright.sync_api import Page, expect

from functions.predict.api import make_handler
from local.s3 import LocalS3
from picklejar.manifest import MANIFEST_FILE, decode_manifest
from picklejar.serving.jar import Jar
from tests.browser.conftest import Silence, await_picture, running_site

# Lambda answers with at most 6 MB, and base64 makes four bytes of three.
MOST_PICTURE_BYTES = 4_000_000


def test_the_card_tells_what_the_manifest_says(housing: Page, site: str) -> None:
    housing.locator("#card summary").click()
    card = housing.locator("#card")
    manifest = httpx.get(f"{site}/api/models/housing").json()
    expect(card.get_by_role("row", name=re.compile("^Held-out rows 1,650"))).to_contain_text(
        re.compile(r"\$\d\d,\d{3}")
    )
    expect(card.get_by_role("row", name=re.compile(r"^Price \(USD\)"))).to_be_visible()
    expect(card).to_contain_text("describes no real houses")
    expect(card).to_contain_text("Its file is read as data and never run.")
    expect(card).to_contain_text(f"scikit-learn {manifest['packages']['scikit-learn']}")
    for file in manifest["files"].values():
        expect(card).to_contain_text(file["sha256"])
    expect(card).to_contain_text(manifest["data"]["sha256"])


def test_the_pictures_come_with_the_version_and_are_kept(housing: Page, site: str) -> None:
    asked: list[str] = []
    housing.on("request", lambda request: asked.append(request.url))
    housing.locator("#card summary").click()
    manifest = httpx.get(f"{site}/api/models/housing").json()
    for picture in manifest["pictures"]:
        image = housing.get_by_alt_text(picture["alt"], exact=True)
        await_picture(image)
        assert image.evaluate("image => image.naturalWidth") > 500
        address = f"{site}/api/models/housing/versions/{manifest['version']}/files/{picture['file']}"
        assert address in asked
        answer = httpx.get(address, headers={"Accept": "image/png"})
        assert answer.headers["content-type"] == "image/png"
        assert "immutable" in answer.headers["cache-control"]


def test_a_picture_that_is_damaged_says_what_it_would_show(housing: Page, silence: Silence) -> None:
    silence.expect("Failed to load resource")
    housing.route("**/plots/correlation.png", lambda route: route.abort())
    housing.locator("#card summary").click()
    expect(housing.locator("#card .error")).to_contain_text("Heatmap of the correlations")


def test_the_files_of_a_version_need_no_champion(s3: LocalS3, bundles: Path) -> None:
    version = decode_manifest((bundles / "sales" / MANIFEST_FILE).read_bytes()).version
    with running_site(make_handler(Jar(s3.store()), ())) as site:
        files = f"{site}/api/models/sales/versions"
        card = httpx.get(f"{files}/{version}/files/card.md")
        assert card.text == (bundles / "sales" / "card.md").read_text(encoding="utf-8")
        assert card.headers["content-type"] == "text/markdown; charset=utf-8"
        for missing in ("000000000000", "zz", f"{version[:-1]}F"):
            answer = httpx.get(f"{files}/{missing}/files/card.md")
            assert answer.json()["detail"] == f"There is no version '{missing}' of a model named 'sales'."
        assert httpx.post(f"{files}/{version}/files/card.md").status_code == 405


def test_a_model_file_is_not_handed_out(site: str) -> None:
    version = httpx.get(f"{site}/api/models/sales").json()["version"]
    for file in ("model.pkl", "manifest.json", "nothing.png", "../aliases/champion.json", "plots"):
        answer = httpx.get(f"{site}/api/models/sales/versions/{version}/files/{file}")
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


def test_every_picture_fits_into_an_answer_of_lambda(bundles: Path) -> None:
    assert max(path.stat().st_size for path in bundles.rglob("*.png")) < MOST_PICTURE_BYTES
