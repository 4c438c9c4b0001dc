"""The jar: models in S3 by name, version and alias; each is fetched when first asked for, and then kept."""

from __future__ import annotations

import msgspec
from obstore.store import ObjectStore

from picklejar.bucket import alias_key, s3_errors, version_key
from picklejar.errors import BundleDamaged, LiveNotAllowed, ModelNotFound, NoSuchFile
from picklejar.manifest import MANIFEST_FILE, MODEL_FILE, MODEL_NAME, VERSION, File, Manifest, decode_manifest
from picklejar.opening import open_version
from picklejar.predictor import Predictor

# A larger file is fetched in parts, each within its own timeout.
PART_BYTES = 16 * 1024 * 1024


class Alias(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an alias's object holds: the version it stands for."""

    version: str


class Jar:
    """The models of a bucket by their champions, each kept in memory once it was asked for.

    A champion that can only be served live serves where that is allowed, and otherwise is not ready.
    """

    def __init__(self, store: ObjectStore, *, live_allowed: bool = False) -> None:
        self._store = store
        self._live_allowed = live_allowed
        self._manifests: dict[str, Manifest] = {}
        self._predictors: dict[str, Predictor] = {}

    def names(self) -> list[str]:
        """Return the names of the bucket's models, sorted."""
        with s3_errors():
            prefixes = self._store.list_with_delimiter("models")["common_prefixes"]
        return sorted(prefix.removeprefix("models/").strip("/") for prefix in prefixes)

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
            self._predictors[name] = open_version(manifest, self._fetch_file(manifest, MODEL_FILE))
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
        return self._fetch_file(manifest, file)

    def _manifest_of(self, name: str, version: str) -> Manifest:
        """Return a version's manifest; only champions' are kept, so that asking for others fills no memory."""
        champion = self._manifests.get(name)
        if champion is not None and champion.version == version:
            return champion
        missing = NoSuchFile(f"There is no version {version[:12]!r} of a model named {name[:64]!r}.")
        if not (MODEL_NAME.fullmatch(name) and VERSION.fullmatch(version)):
            raise missing
        try:
            return self._fetch_version(name, version)
        except FileNotFoundError:
            raise missing from None

    def _fetch_champion(self, name: str) -> Manifest:
        if not MODEL_NAME.fullmatch(name):
            raise ModelNotFound(f"There is no model named {name[:64]!r}.")
        try:
            alias = self._fetch(alias_key(name))
        except FileNotFoundError:
            raise ModelNotFound(f"There is no model named {name!r}.") from None
        version = decode_alias(alias).version
        try:
            manifest = self._fetch_version(name, version)
        except FileNotFoundError:
            raise BundleDamaged(f"{name} {version} serves and has no {MANIFEST_FILE}; publish it again.") from None
        if manifest.kind == "live" and not self._live_allowed:
            raise LiveNotAllowed(
                f"{name} {version} can only be served live, by running its file with scikit-learn, which this "
                f"deployment does not do: {manifest.why_live} Deploy with LiveModels=true, or publish a model that "
                "is read as data."
            )
        return manifest

    def _fetch_version(self, name: str, version: str) -> Manifest:
        manifest = decode_manifest(self._fetch(version_key(name, version, MANIFEST_FILE)))
        if (manifest.name, manifest.version) != (name, version):
            raise BundleDamaged(f"The manifest of {name} {version} belongs to another version.")
        return manifest

    def _fetch_file(self, manifest: Manifest, file: str) -> bytes:
        """Return a file of a version; raises BundleDamaged where it is missing or not what was published."""
        key = version_key(manifest.name, manifest.version, file)
        size = manifest.files[file].size
        try:
            content = self._fetch(key) if size <= PART_BYTES else self._fetch_parts(key, size)
        except FileNotFoundError:
            raise BundleDamaged(f"{manifest.name} {manifest.version} has no {file}; publish it again.") from None
        check_file(manifest, file, content)
        return content

    def _fetch_parts(self, key: str, size: int) -> bytes:
        with s3_errors():
            parts = (self._store.get_range(key, start=at, length=PART_BYTES) for at in range(0, size, PART_BYTES))
            return b"".join(map(bytes, parts))

    def _fetch(self, key: str) -> bytes:
        with s3_errors():
            return bytes(self._store.get(key).bytes())


def check_file(manifest: Manifest, file: str, content: bytes) -> None:
    """Raise BundleDamaged unless `content` is, to the byte, what the manifest says of `file`."""
    published = manifest.files.get(file)
    if published != File.of(content):
        raise BundleDamaged(f"{file} of {manifest.name} {manifest.version} is not the file that was published.")


def decode_alias(content: bytes) -> Alias:
    """Return the alias in `content`; raises BundleDamaged where it is none."""
    try:
        alias = msgspec.json.decode(content, type=Alias)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BundleDamaged("The alias cannot be read; publish or promote a version again.") from error
    if not VERSION.fullmatch(alias.version):
        raise BundleDamaged("The alias names no version; publish or promote a version again.")
    return alias
