"""The jar: models in S3 by name, version and alias; each is fetched when first asked for, and then kept."""

from __future__ import annotations

from obstore.store import ObjectStore

from picklejar.errors import BundleDamaged, LiveNotAllowed, ModelNotFound, NoSuchFile
from picklejar.manifest import MANIFEST_FILE, MODEL_FILE, MODEL_NAME, VERSION, Manifest
from picklejar.opening import open_version
from picklejar.predictor import Predictor
from picklejar.shelf import Shelf


class Jar:
    """The models of a bucket by their champions, each kept in memory once it was asked for.

    A champion that can only be served live serves where that is allowed, and otherwise is not ready.
    """

    def __init__(self, store: ObjectStore, *, live_allowed: bool = False) -> None:
        self._shelf = Shelf(store)
        self._live_allowed = live_allowed
        self._manifests: dict[str, Manifest] = {}
        self._predictors: dict[str, Predictor] = {}

    def names(self) -> list[str]:
        """Return the names of the bucket's models, sorted."""
        return self._shelf.names()

    def manifest(self, name: str) -> Manifest:
        """Return the manifest of the model's champion.

        Raises:
            ModelNotFound: no version of that name serves.
            ModelNotReady: S3 cannot be reached, what it holds is damaged, or the model is live, and may not be here.
        """
        if name not in self._manifests:
            self._manifests[name] = self._fetch_champion(name)
        return self._manifests[name]

    def predictor(self, name: str) -> Predictor:
        """Return the predictor of the model's champion; raises like `manifest`, and PackagesDiffer."""
        if name not in self._predictors:
            manifest = self.manifest(name)
            self._predictors[name] = open_version(manifest, self._shelf.file(manifest, MODEL_FILE))
        return self._predictors[name]

    def holds(self, name: str) -> bool:
        """Return whether the model is in memory, ready to predict."""
        return name in self._predictors

    def file(self, name: str, version: str, file: str) -> bytes:
        """Return one file of a version, champion or not, exactly as it was published.

        Raises:
            NoSuchFile: there is no such version, or its manifest lists no such file.
            ModelNotReady: S3 cannot be reached, or what it holds is damaged.
        """
        manifest = self._manifest_of(name, version)
        if file not in manifest.files:
            raise NoSuchFile(f"{name} {version} has no file {file[:100]!r}.")
        return self._shelf.file(manifest, file)

    def _manifest_of(self, name: str, version: str) -> Manifest:
        """Return a version's manifest; only champions' are kept, so that asking for others fills no memory."""
        champion = self._manifests.get(name)
        if champion is not None and champion.version == version:
            return champion
        missing = NoSuchFile(f"There is no version {version[:12]!r} of a model named {name[:64]!r}.")
        if not (MODEL_NAME.fullmatch(name) and VERSION.fullmatch(version)):
            raise missing
        try:
            return self._shelf.manifest(name, version)
        except FileNotFoundError:
            raise missing from None

    def _fetch_champion(self, name: str) -> Manifest:
        if not MODEL_NAME.fullmatch(name):
            raise ModelNotFound(f"There is no model named {name[:64]!r}.")
        try:
            version = self._shelf.alias(name).alias.version
        except FileNotFoundError:
            raise ModelNotFound(f"There is no model named {name!r}.") from None
        try:
            manifest = self._shelf.manifest(name, version)
        except FileNotFoundError:
            raise BundleDamaged(f"{name} {version} serves and has no {MANIFEST_FILE}; publish it again.") from None
        if manifest.kind == "live" and not self._live_allowed:
            raise LiveNotAllowed(
                f"{name} {version} can only be served live, by running its file with scikit-learn, which this "
                f"deployment does not do: {manifest.why_live} Deploy with LiveModels=true, or publish a model that "
                "is read as data."
            )
        return manifest
