"""Asks the jar's models: which version answers, beside a canary or a shadow, and what is noted of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Protocol

from picklejar import instances
from picklejar.bucket import CHAMPION
from picklejar.manifest import Manifest
from picklejar.predictor import Answer, Predictor
from picklejar.registry import Ahead
from picklejar.serving.jar import Jar
from picklejar.serving.shadow import Shadow

from .observation import Observation, Trial
from .request import Request

# A protocol is made at every start that does not ask for its types alone.
if TYPE_CHECKING:

    class Question(Protocol):
        """What a caller asks, in whichever dialect; a canary's requests may be split by its body."""

        @property
        def body(self) -> bytes: ...

        def requests(self, predictor: Predictor) -> list[instances.Request]:
            """Return the same rows once for each output that is asked for; raises InvalidRequest."""


class Models:
    """The models of a jar, as every dialect asks them."""

    def __init__(self, jar: Jar) -> None:
        self.jar = jar
        self._shadow = Shadow()

    def ask(self, request: Request, question: Question, name: str, alias: str = CHAMPION) -> list[Answer]:
        """Return the answers of an alias's version or of its canary, one for each output."""
        ahead: Ahead = {}
        serving = self.jar.serving(name, alias, ahead)
        champion, canary = serving.manifest, serving.canary
        if canary is None:
            return self._answer(request.observation, question, champion, ahead)
        by_champion = partial(self._answer, request.observation, question, champion, ahead)
        key = request.header(canary.key) if canary.key else ""
        split_by = key.encode("utf-8", "surrogatepass") or question.body
        trial = request.observation.trial = Trial(canary, canary.takes(champion.name, split_by))
        if not trial.asked:
            return by_champion()
        if canary.shadow:
            return self._compare(question, champion, trial, by_champion())
        return self._try(request.observation, question, champion, trial, by_champion)

    def ask_version(self, request: Request, question: Question, name: str, version: str) -> list[Answer]:
        """Return the answers of a version that need not serve."""
        return self._answer(request.observation, question, self.jar.version(name, version))

    def open(self, observation: Observation, manifest: Manifest, ahead: Ahead | None = None) -> Predictor:
        """Return a version's predictor; notes the version and how long it was loaded; raises ModelNotReady."""
        observation.serves(manifest)
        predictor = self.jar.ready(manifest)
        if predictor is None:
            with observation.loading():
                predictor = self.jar.open(manifest, ahead)
        return predictor

    def _try(
        self,
        observation: Observation,
        question: Question,
        champion: Manifest,
        trial: Trial,
        by_champion: Callable[[], list[Answer]],
    ) -> list[Answer]:
        try:
            candidate = self.jar.candidate(champion, trial.canary.candidate)
            return self._answer(observation, question, candidate.manifest)
        except Exception as error:
            trial.error = error
        try:
            return by_champion()
        except Exception:
            # Where the champion refuses, too, it is the caller's fault, and none of the candidate's.
            trial.error = None
            raise

    def _compare(self, question: Question, champion: Manifest, trial: Trial, answers: list[Answer]) -> list[Answer]:
        try:
            candidate = self.jar.candidate(champion, trial.canary.candidate)
            trial.differences = self._shadow.differences(answers[0], partial(_first_answer, candidate, question))
        except Exception as error:
            trial.error = error
        return answers

    def _answer(
        self, observation: Observation, question: Question, manifest: Manifest, ahead: Ahead | None = None
    ) -> list[Answer]:
        predictor = self.open(observation, manifest, ahead)
        requests = question.requests(predictor)
        answers = predictor.answer_in_time(requests)
        X = requests[0].X
        observation.rows = len(X)
        observation.outside = predictor.ranges.outside(X)
        return answers


def _first_answer(predictor: Predictor, question: Question) -> Answer:
    # Of several outputs one is compared: no caller waits for more of what it does not get.
    return predictor.answer(question.requests(predictor)[0])
