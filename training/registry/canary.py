"""Begins a canary: a version tried beside a champion that takes the same requests."""

from __future__ import annotations

import json

from obstore.store import ObjectStore

from picklejar.alias import Canary
from picklejar.bucket import CHAMPION
from picklejar.errors import CanaryRefused
from picklejar.manifest import Manifest
from picklejar.signature import Signature
from picklejar.wording import list_of, text_of
from training.registry import aliases
from training.registry.aliases import Moved


def begin(store: ObjectStore, name: str, canary: Canary) -> Moved:
    """Try a version beside the champion; another canary ends.

    The gate is asked when the candidate is promoted, not before: all that is published is proven, and a trial may be
    how a reason to promote it is found.

    Raises:
        CanaryRefused: nothing serves, the version itself does, or its requests or answers differ from the champion's.
        ModelNotFound: there is no such version.
        AliasMoved: somebody else moved the champion meanwhile.
    """
    candidate = aliases.require(store, name, canary.candidate)
    match = aliases.read(store, name, CHAMPION)
    if match is None:
        raise CanaryRefused(f"{name} has no champion beside which to try a version; promote one.")
    champion = match.alias.version
    if champion == canary.candidate:
        raise CanaryRefused(f"{name} {champion} is the champion, and answers every request already.")
    _refuse_another_kind(aliases.require(store, name, champion), candidate)
    return aliases.move(store, name, CHAMPION, match, aliases.now(champion, canary=canary))


def _refuse_another_kind(champion: Manifest, candidate: Manifest) -> None:
    theirs = _asked_and_answered(champion.signature)
    for what, ours in _asked_and_answered(candidate.signature).items():
        if ours != theirs[what]:
            raise CanaryRefused(
                f"{candidate.name} {candidate.version} cannot be tried beside the champion, {champion.version}, on the "
                f"same requests: {what} of the one: {list_of(ours) or 'none'}; of the champion: "
                f"{list_of(theirs[what]) or 'none'}. Ask it by its own address, or promote it."
            )


def _asked_and_answered(signature: Signature) -> dict[str, list[str]]:
    target = signature.target
    several = signature.targets if signature.further_targets else ()
    return {
        "features": sorted(f"{feature.name} ({feature.type})" for feature in signature.features),
        "unit": [target.unit] if target.unit else [],
        "labels": list(map(json.dumps, target.labels)),
        "targets": [f"{each.name} ({list_of(map(text_of, each.labels)) or 'a number'})" for each in several],
        "outputs": list(signature.outputs),
    }
