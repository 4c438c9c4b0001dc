"""Pipelines of imbalanced-learn, whose samplers do nothing at prediction, as scikit-learn's."""

from __future__ import annotations

from typing import Any

from picklejar.inert.reading.records import Record
from training.adopt.tree import Node, node

IMBLEARN_PIPELINE = "imblearn.pipeline.Pipeline"
SAMPLERS = ("imblearn.over_sampling.", "imblearn.under_sampling.", "imblearn.combine.")


def without_samplers(value: Any) -> tuple[Any, list[str]]:
    """Return a tree in which each pipeline of imbalanced-learn is one of scikit-learn, and the samplers it lost."""
    without = _Without()
    return without.of(value), without.samplers


class _Without:
    """Each object of the tree is looked at once, and changed in its place."""

    def __init__(self) -> None:
        self._new: dict[int, tuple[Any, Any]] = {}
        self.samplers: list[str] = []

    def of(self, value: Any) -> Any:
        if not isinstance(value, Node | dict | list | tuple):
            return value
        if id(value) in self._new:
            return self._new[id(value)][1]
        new = value
        if isinstance(value, Node) and value.name == IMBLEARN_PIPELINE and isinstance(value.state, dict):
            new = node("sklearn.pipeline", "Pipeline", state=self._state(value.state))
        # Kept with the old one, whose place in memory is not to be another's.
        self._new[id(value)] = value, new
        if isinstance(new, Node):
            new.args = tuple(self.of(item) for item in new.args)
            new.state = self.of(new.state)
        elif isinstance(new, dict):
            for key, item in new.items():
                new[key] = self.of(item)
        elif isinstance(new, list):
            new[:] = [self.of(item) for item in new]
        elif any(self.of(item) is not item for item in new):
            new = tuple(self.of(item) for item in new)
            self._new[id(value)] = value, new
        return new

    def _state(self, state: dict[str, Any]) -> dict[str, Any]:
        steps = state.get("steps")
        if not isinstance(steps, list) or not all(isinstance(step, tuple) and len(step) == 2 for step in steps):
            return state
        self.samplers += [step.name.rpartition(".")[2] for _, step in steps if _is_sampler(step)]
        kept = [step for step in steps if not _is_sampler(step[1])]
        releases = [step.state["_sklearn_version"] for _, step in kept if _has_release(step)]
        # Only classes of scikit-learn's own write it into their state.
        release = {"_sklearn_version": releases[-1]} if releases else {}
        return {name: value for name, value in state.items() if name != "steps"} | {"steps": kept} | release


def _is_sampler(step: Any) -> bool:
    return isinstance(step, Record) and step.name.startswith(SAMPLERS)


def _has_release(step: Any) -> bool:
    return isinstance(step, Record) and isinstance(step.state, dict) and "_sklearn_version" in step.state
