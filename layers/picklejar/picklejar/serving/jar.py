"""The jar: models in S3 by name, version and alias, each fetched when first asked for and then kept."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from obstore.store import ObjectStore

from picklejar.bucket import CHAMPION
from picklejar.errors import (
    CandidateNotReady,
    JarUnreachable,
    LiveNotAllowed,
    MemoryTooSmall,
    ModelNotFound,
    NoSuchFile,
)
from picklejar.manifest import GOLDEN_FILE, MODEL_FILE, MODEL_NAME, VERSION, Manifest
from picklejar.opening import check_golden, open_version
from picklejar.predictor import Predictor
from picklejar.registry import Ahead, Registry
from picklejar.serving.candidate import Candidate
from picklejar.serving.memory import Memory
from picklejar.serving.watch import Serving, Switch, Watch, look

# For so long after an alias was looked at, nobody looks again.
ALIAS_TTL = 30.0
MEMORY_BYTES = 512 * 1024 * 1024
# The seconds that S3 may take to say what an alias stands for, and then to hand out a model, of which the large get
# more, part by part. Together they end within the three in which a caller of a cold container has an answer or a 503;
# in ordinary times S3 takes a tenth of a second for both.
DESCRIBING_SECONDS = 1.2
OPENING_SECONDS = 1.5


def _ignore(_: Switch) -> None:
    return


class Jar:
    """The models of a bucket by their aliases, in memory once they were asked for.

    Args:
        store: the bucket.
        live_allowed: whether files may be run; otherwise live models are not ready.
        ttl: seconds between looks at an alias.
        budget: bytes of model files that are kept in memory.
        tell: is told of every switch of versions, and why one failed.
        clock: a monotonic clock, in seconds.
    """

    def __init__(
        self,
        store: ObjectStore,
        *,
        live_allowed: bool = False,
        ttl: float = ALIAS_TTL,
        budget: int = MEMORY_BYTES,
        tell: Callable[[Switch], None] = _ignore,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._registry = Registry(store)
        self._live_allowed = live_allowed
        self._ttl, self._tell, self._clock = ttl, tell, clock
        self._memory = Memory(budget)
        self._budget = budget
        self._watches: dict[tuple[str, str], Watch] = {}
        self._candidates: dict[tuple[str, str, str], Candidate] = {}
        self._names: list[str] | None = None

    def names(self) -> list[str]:
        try:
            self._names = self._registry.within(DESCRIBING_SECONDS).names()
        except JarUnreachable:
            if self._names is None:
                raise
        return self._names

    def manifest(self, name: str, alias: str = CHAMPION) -> Manifest:
        return self.serving(name, alias).manifest

    def serving(self, name: str, alias: str = CHAMPION, ahead: Ahead | None = None) -> Serving:
        """Return an alias's version and its candidate.

        Callers open this manifest and do not ask again: one request has one version. Who will open it passes an empty
        `ahead`; what a cold container has to fetch is then asked for side by side with the manifest, and is in there
        for `open`.

        Raises:
            ModelNotFound: no version of that name serves.
            ModelNotReady: S3 fails, holds a damaged bundle, or the model may not run here; never for a model that has
                answered before.
        """
        key = (name, alias)
        watch = self._watches.get(key)
        if watch is not None:
            return watch.serving()
        watch = self._watch(name, alias)
        serving = watch.serving(partial(self._look, name, alias, ahead=ahead))
        # Kept only now, so that asking for what is not there fills no memory.
        self._watches.setdefault(key, watch)
        return serving

    def champion_now(self, name: str) -> Manifest:
        """Return the manifest of the champion by S3 at this moment, for long work; raises like `manifest`."""
        return self._look(name, CHAMPION, None).manifest

    def version(self, name: str, version: str) -> Manifest:
        ready = self._memory.get(name, version)
        try:
            registry = self._registry.within(DESCRIBING_SECONDS)
            manifest = ready.manifest if ready else self._manifest(registry, name, version)
        except NoSuchFile as error:
            raise ModelNotFound(str(error)) from None
        self._refuse_live(manifest)
        return manifest

    def open(self, manifest: Manifest, ahead: Ahead | None = None) -> Predictor:
        """Return a version's predictor, which has repeated its golden predictions; raises ModelNotReady.

        `ahead` has what `serving` asked for ahead.
        """
        return self.ready(manifest) or self._load(manifest, ahead)

    def ready(self, manifest: Manifest) -> Predictor | None:
        return self._memory.get(manifest.name, manifest.version)

    def candidate(self, champion: Manifest, version: str) -> Predictor:
        """Return the predictor of the candidate beside the champion; raises CandidateNotReady."""
        ready = self._memory.get(champion.name, version)
        if ready is not None:
            return ready
        key = (champion.name, champion.version, version)
        candidate = self._candidates.setdefault(
            key, Candidate(lambda: self._load_beside(champion, version), self._ttl, self._clock)
        )
        # Who may have to wait for the champion, too, has an answer or a 503 within three seconds.
        candidate.load(hurry=self.ready(champion) is None)
        ready = self._memory.get(champion.name, version)
        if ready is None:
            why = candidate.error or "It is being loaded, or made room for others."
            raise CandidateNotReady(f"{champion.name} {version} is not ready. {why}") from candidate.error
        return ready

    def has_room_for(self, manifest: Manifest) -> bool:
        return self._memory.has_room_for(manifest)

    def restored(self, store: ObjectStore) -> None:
        """Go on from a snapshot: with a new client, and a look at each alias. Models in memory stay."""
        self._registry = Registry(store)
        for watch in self._watches.values():
            watch.expire()

    def file(self, name: str, version: str, file: str) -> bytes:
        """Return one file of a version as it was published; raises NoSuchFile, ModelNotReady."""
        registry = self._registry.within(DESCRIBING_SECONDS + OPENING_SECONDS)
        manifest = self._manifest(registry, name, version)
        if file not in manifest.files:
            raise NoSuchFile(f"{name} {version} has no file {file[:100]!r}.")
        if manifest.withholds_texts and file == GOLDEN_FILE:
            raise NoSuchFile(f"{name} {version} was published to hand out no rows of texts.")
        return registry.file(manifest, file)

    def _watch(self, name: str, alias: str) -> Watch:
        look_again = partial(self._look, name, alias)
        return Watch(alias, look_again, self.open, self._switched, self._ttl, self._clock)

    def _look(self, name: str, alias: str, serving: Serving | None, ahead: Ahead | None = None) -> Serving:
        def ask_ahead(version: str) -> None:
            if ahead is not None and self._memory.get(name, version) is None:
                # Nobody knows yet how large it is: it gets no more memory than models do.
                ahead.update(self._registry.ask_ahead(name, version, self._budget))

        now = look(self._registry.within(DESCRIBING_SECONDS), name, alias, serving, ask_ahead)
        self._refuse_live(now.manifest)
        return now

    def _manifest(self, registry: Registry, name: str, version: str) -> Manifest:
        missing = NoSuchFile(f"There is no version {version[:12]!r} of a model named {name[:64]!r}.")
        if not (MODEL_NAME.fullmatch(name) and VERSION.fullmatch(version)):
            raise missing
        try:
            return registry.manifest(name, version)
        except FileNotFoundError:
            raise missing from None

    def _refuse_live(self, manifest: Manifest) -> None:
        if manifest.kind == "live" and not self._live_allowed:
            raise LiveNotAllowed(
                f"{manifest.name} {manifest.version} can only be served live, by running its file with scikit-learn, "
                f"which this deployment does not do: {manifest.why_live} Deploy with LiveModels=true, or publish a "
                "model that is read as data."
            )

    def _load(self, manifest: Manifest, ahead: Ahead | None) -> Predictor:
        try:
            predictor = self._read(manifest, ahead)
        except MemoryError:
            # Raised below, because in here it would hold on to the stack, and so to half a model.
            predictor = None
        if predictor is None:
            raise MemoryTooSmall(
                f"There is not enough memory left to load {manifest.name} {manifest.version}; deploy with a larger "
                "MemorySize, or publish a smaller model."
            )
        self._memory.keep(predictor)
        return predictor

    def _load_beside(self, champion: Manifest, version: str) -> None:
        manifest = self.version(champion.name, version)
        if not self._memory.holds(champion, manifest):
            raise MemoryTooSmall(
                f"There is no room for {manifest.name} {version} beside the champion; deploy with a larger MemorySize."
            )
        # Used now, so that it is not the champion that makes room.
        self.ready(champion)
        self.open(manifest)

    def _read(self, manifest: Manifest, ahead: Ahead | None) -> Predictor:
        registry = self._registry.within(OPENING_SECONDS)
        predictor = open_version(manifest, registry.file(manifest, MODEL_FILE, ahead))
        check_golden(predictor, registry.file(manifest, GOLDEN_FILE, ahead))
        return predictor

    def _switched(self, switch: Switch) -> None:
        if switch.error is None:
            self._memory.drop_first(switch.before)
        self._tell(switch)
