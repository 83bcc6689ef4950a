"""What a label asks, read from the manual alone: no line of this is shared with the module."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from fnmatch import translate
from ipaddress import ip_address, ip_network
from typing import Any

from fuzz.request import Client, randomised

Device = dict[str, Any]
Truth = bool | None
"""None: nobody can tell."""

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def listed(value: Any) -> list[Any]:
    """Return a value as the list of its alternatives."""
    return value if type(value) is list else [value]


def states(value: Any) -> list[str]:
    """Return compliance states, those in Juniper Mist's words among them."""
    return [{"Compliant": "compliant", "Non Compliant": "noncompliant"}.get(each, each) for each in listed(value)]


def seconds(text: str) -> int:
    """Return a length of time in seconds."""
    return int(text[:-1]) * UNITS[text[-1]]


def fits(patterns: Any, text: str, *, case: bool = False) -> bool:
    """Tell whether a text fits one of the patterns. An empty one fits none."""
    flags = re.DOTALL if case else re.DOTALL | re.IGNORECASE
    return text != "" and any(re.match(translate(each.replace("[", "[[]")), text, flags) for each in listed(patterns))


def on_list(nases: list[str], nas: tuple[str, str]) -> bool:
    """Tell whether a NAS (its address, its identifier) is on a list."""
    for each in nases:
        if re.match(r"[0-9.]+(/[0-9]+)?$", each):
            if within(nas[0], each):
                return True
        elif fits(each, nas[1]):
            return True
    return False


def within(address: str, network: str) -> bool:
    """Tell whether the address is one, and of the network."""
    try:
        return ip_address(address) in ip_network(network)
    except ValueError:
        return False


def compared(text: str, number: Callable[[str], Any], is_this: Any) -> bool:
    """Tell whether all comparisons of a text such as '>= 10, < 11' hold."""
    for part in text.split(","):
        operator, bound = re.fullmatch(r"\s*(>=|<=|!=|>|<|=)\s*(\S+)\s*", part).groups()  # type: ignore[union-attr]  # its own texts fit
        than = number(bound)
        truth = {
            ">=": is_this >= than, "<=": is_this <= than, ">": is_this > than, "<": is_this < than,
            "=": is_this == than, "!=": is_this != than,
        }  # fmt: skip
        if not truth[operator]:
            return False
    return True


def numbers(text: str) -> list[int]:
    """Return the numbers of a version, without zeros at its end."""
    found = [int(each) for each in re.match(r"[0-9]+(\.[0-9]+)*", text)[0].split(".")]  # type: ignore[index]  # begins with a digit
    while found and found[-1] == 0:
        found.pop()
    return found


def _version(value: Any, device: Device, _now: float) -> bool:
    if not device["os_version"][:1].isdigit():
        return False
    return any(compared(each, numbers, numbers(device["os_version"])) for each in listed(value))


def _age(key: str, *, never: bool) -> Callable[[Any, Device, float], bool]:
    def holds(value: Any, device: Device, now: float) -> bool:
        if not device[key] and not never:
            return False
        age = max(0.0, now - device[key]) if device[key] else float("inf")
        return any(compared(each, seconds, age) for each in listed(value))

    return holds


def _pattern(key: str) -> Callable[[Any, Device, float], bool]:
    return lambda value, device, _now: fits(value, device[key])


def _word(key: str) -> Callable[[Any, Device, float], bool]:
    return lambda value, device, _now: (device[key] or "unknown") in listed(value)


def _truth(key: str) -> Callable[[Any, Device, float], bool]:
    return lambda value, device, _now: device[key] == ("yes" if value else "no")


OF_THE_DEVICE: dict[str, Callable[[Any, Device, float], bool]] = {
    **{key: _pattern(key) for key in ("os", "category", "user", "tenant")},
    "device_name": _pattern("name"),
    **{key: _word(key) for key in ("ownership", "threat_state", "management_state")},
    **{key: _truth(key) for key in ("encrypted", "jail_broken", "account_enabled")},
    "os_version": _version,
    "last_check_in": _age("last_check_in", never=True),
    "enrolled": _age("enrolled_at", never=False),
    "serial": lambda value, device, _now: device["serial"].lower() in [each.lower() for each in listed(value)],
}


def _realm(user: str) -> str:
    if "\\" in user:
        return user.partition("\\")[0]
    if "@" in user:
        return user.rpartition("@")[2]
    return user.partition(".")[2] if user.lower().startswith("host/") else ""


def _certificate(value: dict[str, Any], client: Client, _site: str, _now: float) -> Truth:
    if client.certificate is None:
        return False
    names = {"common_name": ["cn"], "san": ["dns", "uri", "upn", "email"], "issuer": ["issuer"]}
    return all(
        any(fits(wanted, text) for kind in names[key] for text in client.certificate[kind])
        for key, wanted in value.items()
    )


def _hours(value: dict[str, Any], _client: Client, _site: str, now: float) -> Truth:
    at = datetime.fromtimestamp(now, UTC)
    days, minute = listed(value["days"]), at.hour * 60 + at.minute
    start, end = (int(each[:2]) * 60 + int(each[3:]) for each in value["hours"].split("-"))
    today, yesterday = (DAYS[(at.weekday() - ago) % 7] in days for ago in (0, 1))
    if start < end:
        return today and start <= minute < end
    return (today and minute >= start) or (yesterday and minute < end)


OF_THE_CLIENT: dict[str, Callable[[Any, Client, str, float], Truth]] = {
    "auth_type": lambda value, client, _site, _now: client.auth_type in listed(value),
    "inner_type": lambda value, client, _site, _now: client.inner_type in listed(value),
    "username": lambda value, client, _site, _now: fits(value, client.user),
    "realm": lambda value, client, _site, _now: fits(value, _realm(client.user)),
    "mac": lambda value, client, _site, _now: any(
        client.mac.startswith(re.sub("[^0-9a-f]", "", each.lower())) for each in listed(value) if client.mac
    ),
    "mac_randomised": lambda value, client, _site, _now: client.mac != "" and randomised(client.mac) is value,
    "ssid": lambda value, client, _site, _now: fits(value, client.ssid, case=True),
    "nas": lambda value, client, _site, _now: on_list(listed(value), client.nas),
    "site": lambda value, _client, site, _now: site in listed(value),
    "port_type": lambda value, client, _site, _now: {
        "Ethernet": "wired", "Wireless-802.11": "wireless", "Virtual": "virtual",
    }.get(client.port_type) in listed(value),
    "certificate": _certificate,
    "time": _hours,
}  # fmt: skip
