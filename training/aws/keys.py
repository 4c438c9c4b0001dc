"""Keys of the deployed API, one for each client, each with its own limits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from picklejar.errors import PicklejarError
from training.aws.account import Account, aws_errors

STAGE = "api"
# By this tag a client's key and plan are told from those of the page, and of other APIs of the account.
TAG = "picklejar:api"
CLIENT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
PAGE = 500


class KeyTaken(PicklejarError):
    """A key of that name exists."""


class KeyNotFound(PicklejarError):
    """No key has that name."""


class InvalidKeyName(PicklejarError):
    """The text cannot name a key."""


@dataclass(frozen=True)
class Client:
    """A client's key, without its value, and its plan; `used` counts today's requests (UTC)."""

    name: str
    created: datetime
    enabled: bool
    limits: Limits
    used: int


@dataclass(frozen=True)
class Keys:
    """The clients' keys of the API `api_id`."""

    account: Account
    api_id: str

    def create(self, name: str, limits: Limits) -> str:
        """Make a client's key and plan, and return the key's value.

        Raises InvalidKeyName, KeyTaken and AwsRefused, after which `revoke` removes what was made.
        """
        if not CLIENT_NAME.fullmatch(name):
            raise InvalidKeyName(f"{name!r} cannot name a key: use 1 to 63 letters, digits, '.', '-' and '_'.")
        with aws_errors(f"making the key {name}"):
            if self._key(name) or self._plan(name):
                raise KeyTaken(f"There is a key {name} already; revoke it first, or choose another name.")
            gateway = self.account.client("apigateway")
            plan = gateway.create_usage_plan(
                name=name,
                apiStages=[{"apiId": self.api_id, "stage": STAGE}],
                throttle={"rateLimit": limits.rate, "burstLimit": limits.burst},
                quota={"limit": limits.quota, "period": "DAY"},
                tags={TAG: self.api_id},
            )
            key = gateway.create_api_key(name=name, enabled=True, tags={TAG: self.api_id})
            gateway.create_usage_plan_key(usagePlanId=plan["id"], keyId=key["id"], keyType="API_KEY")
            return str(key["value"])

    def clients(self) -> list[Client]:
        with aws_errors("listing the keys"):
            plans = {plan["name"]: plan for plan in self._plans()}
            return [
                self._client(key, plans[key["name"]])
                for key in sorted(self._keys(), key=lambda key: str(key["name"]))
                if key["name"] in plans
            ]

    def revoke(self, name: str) -> None:
        with aws_errors(f"revoking the key {name}"):
            key, plan = self._key(name), self._plan(name)
            if not key and not plan:
                raise KeyNotFound(f"There is no key {name}; `picklejar keys list` shows which there are.")
            gateway = self.account.client("apigateway")
            if key:
                gateway.delete_api_key(apiKey=key["id"])
            if plan:
                # A plan can only be deleted once no stage is in it.
                for stage in plan.get("apiStages", []):
                    place = f"{stage['apiId']}:{stage['stage']}"
                    removal = {"op": "remove", "path": "/apiStages", "value": place}
                    gateway.update_usage_plan(usagePlanId=plan["id"], patchOperations=[removal])
                gateway.delete_usage_plan(usagePlanId=plan["id"])

    def names(self) -> list[str]:
        with aws_errors("listing the keys"):
            return sorted({str(item["name"]) for item in (*self._keys(), *self._plans())})

    def _client(self, key: dict[str, Any], plan: dict[str, Any]) -> Client:
        today = datetime.now(UTC).date().isoformat()
        usage = self.account.client("apigateway").get_usage(
            usagePlanId=plan["id"], keyId=key["id"], startDate=today, endDate=today
        )
        # A list for each key: for each day, what was used and what is left.
        used = sum(day[0] for day in usage.get("items", {}).get(key["id"], []))
        throttle = plan["throttle"]
        limits = Limits(throttle["rateLimit"], throttle["burstLimit"], plan["quota"]["limit"])
        return Client(key["name"], key["createdDate"], key["enabled"], limits, used)

    def _key(self, name: str) -> dict[str, Any] | None:
        return next((key for key in self._keys() if key["name"] == name), None)

    def _plan(self, name: str) -> dict[str, Any] | None:
        return next((plan for plan in self._plans() if plan["name"] == name), None)

    def _keys(self) -> Iterator[dict[str, Any]]:
        return self._tagged("get_api_keys")

    def _plans(self) -> Iterator[dict[str, Any]]:
        return self._tagged("get_usage_plans")

    def _tagged(self, operation: str) -> Iterator[dict[str, Any]]:
        pages = self.account.client("apigateway").get_paginator(operation).paginate(PaginationConfig={"PageSize": PAGE})
        for page in pages:
            yield from (item for item in page["items"] if item.get("tags", {}).get(TAG) == self.api_id)


class InvalidLimits(PicklejarError):
    """A plan cannot have such limits."""


@dataclass(frozen=True)
class Limits:
    """A client's limits: requests a second, a burst beyond it, and requests a day (UTC)."""

    rate: float = 10
    burst: int = 20
    quota: int = 10_000

    def __post_init__(self) -> None:
        if not (self.rate > 0 and self.burst >= 1 and self.quota >= 1):
            raise InvalidLimits("The rate must be above 0, burst and quota at least 1.")

    def __str__(self) -> str:
        return f"{self.rate:g} times a second, {self.burst:,} at once, {self.quota:,} times a day"
