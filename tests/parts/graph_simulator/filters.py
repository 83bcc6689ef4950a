"""$filter on managedDevices: what Graph documents, what is used in the wild, and nothing else."""

import datetime
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from parts.graph_simulator.graph_errors import bad_request
from parts.graph_simulator.managed_device import seven_digits
from parts.graph_simulator.messages import Request

_MOMENTS: Final = frozenset({"lastSyncDateTime", "enrolledDateTime"})
_TEXTS: Final = frozenset(
    {
        *("azureADDeviceId", "serialNumber", "deviceName", "complianceState", "userPrincipalName"),
        *("operatingSystem", "emailAddress", "jailBroken", "deviceCategoryDisplayName"),
    }
)
_COMPARISONS: Final[dict[str, Callable[[str, str], bool]]] = {
    "gt": operator.gt,
    "lt": operator.lt,
    "ge": operator.ge,
    "le": operator.le,
}
_CONDITION: Final = re.compile(r"\s*(\w+)\s+(\w+)\s+('(?:[^']|'')*'|[^\s'()]+)\s*", re.ASCII)
_AND: Final = re.compile(r"and\s", re.ASCII)


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison; `value` is a text in lower case, or a moment in UTC with seven fractional digits."""

    name: str
    comparison: str
    value: str

    def holds(self, value: Any) -> bool:
        """Tell whether a property's value meets the condition; null never does."""
        if value is None:
            return False
        if self.comparison == "eq":
            return bool(str(value).lower() == self.value)
        return _COMPARISONS[self.comparison](seven_digits(str(value)), self.value)


@dataclass(frozen=True, slots=True)
class Filter:
    """Conditions that must all hold, and the text they were read from."""

    text: str
    conditions: tuple[Condition, ...]

    def equal_to(self, name: str) -> str | None:
        """Give the value that this property must have, if the filter names one."""
        return next((each.value for each in self.conditions if (each.name, each.comparison) == (name, "eq")), None)


def read(request: Request, text: str) -> Filter:
    """Read the value of $filter; RefusalError with 400 for what Graph can't read or doesn't support."""
    conditions, at = [], 0
    while True:
        match = _CONDITION.match(text, at)
        if match is None:
            raise bad_request(request, f"Invalid filter clause: expected a comparison at position {at} of '{text}'.")
        conditions.append(_condition(request, *match.groups()))
        at = match.end()
        if at == len(text):
            return Filter(text, tuple(conditions))
        joint = _AND.match(text, at)
        if joint is None or text[at - 1] not in " \t":
            raise bad_request(request, f"Invalid filter clause: expected 'and' at position {at} of '{text}'.")
        at = joint.end()


def _condition(request: Request, name: str, comparison: str, literal: str) -> Condition:
    quoted = literal.startswith("'")
    if name in _TEXTS and comparison == "eq" and quoted:
        return Condition(name, comparison, literal[1:-1].replace("''", "'").lower())
    if name in _MOMENTS and comparison in _COMPARISONS and not quoted:
        return Condition(name, comparison, _moment(request, literal))
    raise bad_request(request, f"Invalid filter clause: '{name} {comparison} {literal}' is not supported.")


def _moment(request: Request, literal: str) -> str:
    try:
        moment = datetime.datetime.fromisoformat(literal)
        in_utc = moment.astimezone(datetime.UTC) if moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        in_utc = None
    if in_utc is None:
        raise bad_request(request, f"Invalid filter clause: '{literal}' is no DateTimeOffset.")
    return f"{in_utc.isoformat(timespec='microseconds')[:26]}0Z"
