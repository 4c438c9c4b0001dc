"""How much a client of the deployed API may ask."""

from __future__ import annotations

from dataclasses import dataclass

from picklejar.errors import PicklejarError


class InvalidLimits(PicklejarError):
    """No plan can have such limits."""


@dataclass(frozen=True)
class Limits:
    """How much a client may ask: requests a second, as many at once beyond it, and requests a day (UTC)."""

    rate: float = 10
    burst: int = 20
    quota: int = 10_000

    def __post_init__(self) -> None:
        """Refuse what API Gateway would refuse in words of its own, or a plan by which nobody may ask."""
        if not (self.rate > 0 and self.burst >= 1 and self.quota >= 1):
            raise InvalidLimits("The rate must be above 0, burst and quota at least 1.")

    def __str__(self) -> str:
        """The limits as a person reads them."""
        return f"{self.rate:g} times a second, {self.burst:,} at once, {self.quota:,} times a day"
