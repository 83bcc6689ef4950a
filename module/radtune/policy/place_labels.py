"""Labels about place and time: SSID, NAS, site, port, vendor, hours; and about any other attribute of the request."""

from collections.abc import Callable
from datetime import datetime
from operator import attrgetter
from typing import Any

from radtune.policy.hours import read_hours
from radtune.policy.labels import ClientContext, Condition, Kind, Truth, about_client, alternatives, one_of
from radtune.policy.nas_directory import NasIndex, NasList
from radtune.policy.patterns import pattern_test

PORT_TYPES = {
    **dict.fromkeys(("Ethernet", "Token-Ring", "FDDI", "15", "20", "21"), "wired"),
    **dict.fromkeys(("Wireless-802.11", "Wireless-Other", "19", "18"), "wireless"),
    **dict.fromkeys(("Virtual", "5"), "virtual"),
}
"""NAS-Port-Type (RFC 2865 5.41) by name and by number; a server without the name shows the number."""


def _ssid(values: list[str]) -> Callable[[str], bool]:
    # An SSID is a string of bytes: `Corp` and `corp` are two networks (IEEE 802.11 9.4.2.2).
    fit = pattern_test(values, ignore_case=False)
    return lambda text: text != "" and fit(text)


def _port_type(values: list[str]) -> Callable[[str], bool]:
    return lambda port_type: PORT_TYPES.get(port_type) in values


def _nas(value: Any) -> Condition:
    index = NasIndex([NasList("here", tuple(alternatives(value)))])

    def seen(client: ClientContext) -> str:
        named = " ".join(filter(None, (client.facts.nas_identifier, client.facts.nas_address)))
        return f"the NAS is {named or 'not named'}"

    return lambda client: bool(index.lists_of(client.facts.nas_address, client.facts.nas_identifier)), seen


def _nas_group(value: Any) -> Condition:
    groups = frozenset(alternatives(value))
    return (
        lambda client: not groups.isdisjoint(client.nas.groups),
        lambda client: f"the NAS is in the groups {', '.join(client.nas.groups) or '(none)'}",
    )


def _time(value: Any) -> Condition:
    hours = [read_hours(each) for each in alternatives(value)]
    zone = hours[0].zone
    return (
        lambda client: any(each.hold(client.now) for each in hours),
        lambda client: f"it is {datetime.fromtimestamp(client.now, zone):%a %H:%M} in {zone}",
    )


def _attribute(value: dict[str, Any]) -> Condition:
    name = value["name"].lower()
    exact = one_of(list(map(str, alternatives(value.get("equals", [])))))
    fit = pattern_test(map(str, alternatives(value["matches"])), ignore_case=False) if "matches" in value else exact

    def was_kept(client: ClientContext) -> bool:
        return name in (kept.lower() for kept in client.facts.extra_attributes)

    def found(client: ClientContext) -> list[str]:
        pairs = (pair.partition("=") for pair in client.facts.attributes)
        return [text for attribute, _, text in pairs if attribute.lower() == name]

    def holds(client: ClientContext) -> Truth:
        return any(exact(text) or fit(text) for text in found(client)) if was_kept(client) else None

    def seen(client: ClientContext) -> str:
        if not was_kept(client):
            return f"{value['name']} was not kept at this login, under another policy; it is known at the next"
        return f"{value['name']} is {', '.join(found(client)) or 'not in the request'}"

    return holds, seen


KINDS: dict[str, Kind] = {
    "ssid": about_client("the SSID", attrgetter("facts.ssid"), _ssid, "not given"),
    "nas": _nas,
    "site": about_client("the site", attrgetter("nas.site"), one_of),
    "nas_group": _nas_group,
    "port_type": about_client("the port", attrgetter("facts.nas_port_type"), _port_type, "of no known type"),
    "vendor": about_client("the vendor", attrgetter("nas.vendor"), one_of),
    "time": _time,
    "attribute": _attribute,
}
"""The kinds of label about place, time and other attributes."""
