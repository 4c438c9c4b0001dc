"""Publishing on real S3 protocol: in order, once, and never by halves."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from obstore.store import S3Store
from sklearn.cross_decomposition import CCA
from sklearn.pipeline import make_pipeline

from local.s3 import LocalS3
from picklejar.bucket import alias_key, version_key
from picklejar.errors import AliasMoved, BundleDamaged, JarUnreachable, VersionTaken
from picklejar.manifest import PROOF_FILE, File, Manifest, decode_manifest
from picklejar.serving.jar import Jar
from tests.opened import predictor_of
from tests.rent import estimator, rent
from training import models
from training.registry import publish as publishing
from training.train import train

pytestmark = pytest.mark.usefixtures("undrawn")


def publish(bundle: Path, store: Any, step: Callable[[str], None]) -> publishing.Published:
    """Publish, and promote also what predicts nothing, as sales does."""
    return publishing.publish(bundle, store, step, "It is for this test.")


class Recording:
    """A store that notes its puts and may do something before each."""

    def __init__(self, store: S3Store, before_put: Callable[[str], None] = lambda _: None) -> None:
        self._store, self._before_put = store, before_put
        self.puts: list[str] = []

    def get(self, key: str) -> Any:
        return self._store.get(key)

    def put(self, key: str, content: bytes, **options: Any) -> Any:
        self._before_put(key)
        self.puts.append(key)
        return self._store.put(key, content, **options)


def _silently(_: str) -> None:
    return


def _objects(store: S3Store) -> dict[str, bytes]:
    return {entry["path"]: bytes(store.get(entry["path"]).bytes()) for page in store.list() for entry in page}


def _train_sales(folder: Path, value: str) -> Path:
    """Train sales on a data set with one other value, which gives it another version; return the bundle."""
    sales = models.find("sales")
    data = folder / "sales.csv"
    data.write_text(sales.data.read_text().replace("700", value))
    train(sales, data, folder / "sales", _silently)
    return folder / "sales"


@pytest.fixture(scope="module")
def other_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of sales with another version."""
    return _train_sales(tmp_path_factory.mktemp("other"), "710")


def test_the_manifest_is_written_after_its_files_and_the_alias_last(own_s3: LocalS3, bundles: Path) -> None:
    store = Recording(own_s3.store())
    manifest = publish(bundles / "sales", store, _silently).manifest
    assert store.puts[-2:] == [version_key("sales", manifest.version, "manifest.json"), alias_key("sales")]
    assert {key.rpartition("/versions/")[2] for key in store.puts[:-2]} == {
        f"{manifest.version}/{file}" for file in manifest.files
    }
    assert Jar(own_s3.store()).manifest("sales") == manifest


def test_what_is_published_is_the_bundle_to_the_byte(own_s3: LocalS3, bundles: Path) -> None:
    version = publish(bundles / "sales", own_s3.store(), _silently).manifest.version
    there = _objects(own_s3.store())
    for path in (bundles / "sales").rglob("*"):
        # The training rows stay where they are.
        if path.is_file() and path.name != PROOF_FILE:
            key = version_key("sales", version, path.relative_to(bundles / "sales").as_posix())
            assert there[key] == path.read_bytes()


def test_publishing_again_changes_nothing(own_s3: LocalS3, bundles: Path) -> None:
    publish(bundles / "sales", own_s3.store(), _silently)
    before = _objects(own_s3.store())
    publish(bundles / "sales", own_s3.store(), _silently)
    assert _objects(own_s3.store()) == before


def test_another_version_takes_over_and_the_first_stays(own_s3: LocalS3, bundles: Path, other_bundle: Path) -> None:
    first = publish(bundles / "sales", own_s3.store(), _silently).manifest
    second = publish(other_bundle, own_s3.store(), _silently).manifest
    assert first.version != second.version
    assert Jar(own_s3.store()).manifest("sales") == second
    assert version_key("sales", first.version, "model.pkl") in _objects(own_s3.store())


@pytest.mark.parametrize("broken_at", range(10))
def test_a_publisher_that_dies_leaves_the_champion_and_may_try_again(
    own_s3: LocalS3, bundles: Path, other_bundle: Path, broken_at: int
) -> None:
    first = publish(bundles / "sales", own_s3.store(), _silently).manifest
    puts = iter(range(100))

    def die(_: str) -> None:
        if next(puts) == broken_at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        publish(other_bundle, Recording(own_s3.store(), die), _silently)
    assert predictor_of(Jar(own_s3.store()), "sales").manifest == first
    second = publish(other_bundle, own_s3.store(), _silently).manifest
    assert predictor_of(Jar(own_s3.store()), "sales").manifest == second


@pytest.mark.parametrize("first_published", [True, False])
def test_of_two_publishers_at_once_one_wins_and_the_other_is_told(
    own_s3: LocalS3, bundles: Path, other_bundle: Path, tmp_path: Path, first_published: bool
) -> None:
    if first_published:
        publish(_train_sales(tmp_path, "720"), own_s3.store(), _silently)
    # Both have read the alias before either moves it.
    both = threading.Barrier(2, timeout=30)
    outcomes: dict[str, str] = {}

    def publisher(bundle: Path) -> None:
        store = Recording(own_s3.store(), lambda key: both.wait() if "aliases" in key else None)
        version = decode_manifest((bundle / "manifest.json").read_bytes()).version
        try:
            publish(bundle, store, _silently)
            outcomes[version] = "won"
        except AliasMoved as error:
            outcomes[version] = str(error)

    threads = [threading.Thread(target=publisher, args=(bundle,)) for bundle in (bundles / "sales", other_bundle)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (winner,) = [version for version, outcome in outcomes.items() if outcome == "won"]
    (loser,) = [version for version in outcomes if version != winner]
    assert f"Version {loser} is uploaded and does not serve" in outcomes[loser]
    assert predictor_of(Jar(own_s3.store()), "sales").manifest.version == winner
    assert version_key("sales", loser, "manifest.json") in _objects(own_s3.store())


def test_a_file_of_the_version_with_other_content_is_not_overwritten(own_s3: LocalS3, bundles: Path) -> None:
    version = decode_manifest((bundles / "sales" / "manifest.json").read_bytes()).version
    own_s3.store().put(version_key("sales", version, "model.pkl"), b"other")
    with pytest.raises(VersionTaken, match="exists with other content"):
        publish(bundles / "sales", own_s3.store(), _silently)
    assert alias_key("sales") not in _objects(own_s3.store())


def _flip_a_bit(bundle: Path) -> None:
    artifact = bytearray((bundle / "model.pkl").read_bytes())
    artifact[len(artifact) // 2] ^= 1
    (bundle / "model.pkl").write_bytes(artifact)


def _claim_another_prediction(bundle: Path) -> None:
    golden = json.loads((bundle / "golden.json").read_bytes())
    golden["predictions"][0] += 1e-3
    (bundle / "golden.json").write_text(json.dumps(golden))


@pytest.mark.parametrize(
    "damage",
    [
        _flip_a_bit,
        _claim_another_prediction,
        lambda bundle: (bundle / "golden.json").unlink(),
        lambda bundle: (bundle / "manifest.json").unlink(),
        lambda bundle: (bundle / "manifest.json").write_text("{}"),
    ],
)
def test_a_bundle_that_does_not_prove_itself_is_not_uploaded(
    own_s3: LocalS3, bundles: Path, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    bundle = tmp_path / "sales"
    shutil.copytree(bundles / "sales", bundle)
    damage(bundle)
    with pytest.raises(BundleDamaged):
        publish(bundle, own_s3.store(), _silently)
    assert _objects(own_s3.store()) == {}


def _resealed(bundle: Path, **changes: Any) -> Manifest:
    """Seal a bundle again, as somebody would who knows how, with whatever its files hold now."""
    manifest = decode_manifest((bundle / "manifest.json").read_bytes())
    files = {file: File.of((bundle / file).read_bytes()) for file in manifest.files}
    proof = File.of((bundle / PROOF_FILE).read_bytes())
    sealed = msgspec.structs.replace(manifest, files=files, proof=proof, **changes).sealed()
    (bundle / "manifest.json").write_bytes(sealed.encode())
    return sealed


@pytest.fixture
def own_bundle(bundles: Path, tmp_path: Path) -> Path:
    """A bundle of sales to do damage to."""
    shutil.copytree(bundles / "sales", tmp_path / "own")
    return tmp_path / "own"


@pytest.fixture
def own_live_bundle(live_bundle: Path, tmp_path: Path) -> Path:
    """A bundle of a live model to do damage to."""
    shutil.copytree(live_bundle, tmp_path / "own-live")
    return tmp_path / "own-live"


def _claim_another_answer_to_a_training_row(bundle: Path) -> None:
    row = json.loads((bundle / PROOF_FILE).read_bytes())
    row["predictions"][-1] += 1e-3
    (bundle / PROOF_FILE).write_text(json.dumps(row))


@pytest.mark.parametrize("damage", [_claim_another_prediction, _claim_another_answer_to_a_training_row])
def test_what_does_not_answer_as_scikit_learn_did_is_not_inert_even_where_every_hash_holds(
    own_s3: LocalS3, own_bundle: Path, damage: Callable[[Path], None]
) -> None:
    damage(own_bundle)
    _resealed(own_bundle)
    with pytest.raises(BundleDamaged, match=r"is not inert: .* does not answer as scikit-learn does: 1e-06 of"):
        publish(own_bundle, own_s3.store(), _silently)
    assert _objects(own_s3.store()) == {}


def test_a_live_model_that_is_called_inert_is_refused(own_s3: LocalS3, own_live_bundle: Path) -> None:
    _resealed(own_live_bundle, kind="inert", why_live=None)
    with pytest.raises(BundleDamaged, match=r"is not inert: .* is not read as data"):
        publish(own_live_bundle, own_s3.store(), _silently)
    assert _objects(own_s3.store()) == {}


def test_a_live_model_repeats_its_golden_predictions_even_where_every_hash_holds(
    own_s3: LocalS3, own_live_bundle: Path
) -> None:
    _claim_another_prediction(own_live_bundle)
    _resealed(own_live_bundle)
    with pytest.raises(BundleDamaged, match="does not repeat its golden predictions"):
        publish(own_live_bundle, own_s3.store(), _silently)
    assert _objects(own_s3.store()) == {}


def test_a_live_model_that_finds_its_columns_by_name_cannot_be_served(own_s3: LocalS3, tmp_path: Path) -> None:
    live = make_pipeline(*estimator()[:-1], CCA(1))
    definition = rent(tmp_path, estimator=lambda: live)
    train(definition, definition.data, tmp_path / "rent", _silently)
    with pytest.raises(BundleDamaged, match=r"cannot be served\. .* Nor does scikit-learn answer from rows .* arrays"):
        publish(tmp_path / "rent", own_s3.store(), _silently)
    assert _objects(own_s3.store()) == {}


def test_training_rows_of_another_training_prove_nothing(own_s3: LocalS3, own_bundle: Path) -> None:
    _claim_another_answer_to_a_training_row(own_bundle)
    with pytest.raises(BundleDamaged, match=r"proof\.jsonl of sales .* is not the file of its training"):
        publish(own_bundle, own_s3.store(), _silently)


def test_a_bundle_that_came_without_its_training_rows_is_not_uploaded(own_s3: LocalS3, own_bundle: Path) -> None:
    (own_bundle / PROOF_FILE).unlink()
    with pytest.raises(BundleDamaged, match=r"proof\.jsonl cannot be read; train the model first"):
        publish(own_bundle, own_s3.store(), _silently)
    assert _objects(own_s3.store()) == {}


def test_publishing_says_how_a_model_is_served_and_what_proves_it(
    own_s3: LocalS3, bundles: Path, live_bundle: Path
) -> None:
    inert = publish(bundles / "housing", own_s3.store(), _silently).proof
    assert inert.startswith("It is served inert, its file read as data and never run. Inert and scikit-learn agree on ")
    assert "agree on 3,350 training rows and 100 golden rows; largest relative difference " in inert
    live = publish(live_bundle, own_s3.store(), _silently)
    assert "It is served live" in live.proof
    assert "LiveModels=true" in live.proof
    assert str(live.manifest.why_live) in live.proof
    assert "It repeats its 6 golden predictions." in live.proof


def test_an_s3_that_is_away_is_said_to_be(no_s3: LocalS3, bundles: Path) -> None:
    with pytest.raises(JarUnreachable, match="cannot be reached"):
        publish(bundles / "sales", no_s3.store(), _silently)
