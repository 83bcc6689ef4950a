"""Labels about where and when: SSID, NAS, site, port, vendor, time; and about any other attribute of the request."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from radtune.policy.client_context import ClientContext
from radtune.policy.device_labels import alternatives
from radtune.policy.hours import read_hours
from radtune.policy.labels import Answer, Condition
from radtune.policy.nas_directory import NasIndex, NasList
from radtune.policy.patterns import Patterns

PORT_TYPES = {
    **dict.fromkeys(("Ethernet", "Token-Ring", "FDDI", "15", "20", "21"), "wired"),
    **dict.fromkeys(("Wireless-802.11", "Wireless-Other", "19", "18"), "wireless"),
    **dict.fromkeys(("Virtual", "5"), "virtual"),
}
"""NAS-Port-Type (RFC 2865 5.41) by name and by number; a server without the name shows the number."""


def _ssid(value: Any) -> Condition:
    # An SSID is a string of bytes: `Corp` and `corp` are two networks (IEEE 802.11 9.4.2.2).
    patterns = Patterns(alternatives(value), ignore_case=False)
    return Condition(
        lambda subject: subject.facts.ssid != "" and patterns.fit(subject.facts.ssid),
        lambda subject: f"the SSID is {subject.facts.ssid or 'not given'}",
    )


def _nas(value: Any) -> Condition:
    index = NasIndex([NasList("here", tuple(alternatives(value)))])

    def holds(subject: ClientContext) -> Answer:
        return bool(index.lists_of(subject.facts.nas_address, subject.facts.nas_identifier))

    def seen(subject: ClientContext) -> str:
        named = " ".join(filter(None, (subject.facts.nas_identifier, subject.facts.nas_address)))
        return f"the NAS is {named or 'not named'}"

    return Condition(holds, seen)


def _site(value: Any) -> Condition:
    sites = frozenset(alternatives(value))
    return Condition(
        lambda subject: subject.site in sites, lambda subject: f"the site is {subject.site or 'not known'}"
    )


def _nas_group(value: Any) -> Condition:
    groups = frozenset(alternatives(value))
    return Condition(
        lambda subject: not groups.isdisjoint(subject.groups),
        lambda subject: f"the NAS is in the groups {', '.join(subject.groups) or '(none)'}",
    )


def _port_type(value: Any) -> Condition:
    wanted = frozenset(alternatives(value))
    return Condition(
        lambda subject: PORT_TYPES.get(subject.facts.nas_port_type) in wanted,
        lambda subject: f"the port is {subject.facts.nas_port_type or 'of no known type'}",
    )


def _vendor(value: Any) -> Condition:
    vendors = frozenset(alternatives(value))
    return Condition(
        lambda subject: subject.vendor in vendors, lambda subject: f"the vendor is {subject.vendor or 'not known'}"
    )


def _time(value: Any) -> Condition:
    hours = [read_hours(each) for each in alternatives(value)]
    zone = hours[0].zone
    return Condition(
        lambda subject: any(each.hold(subject.now) for each in hours),
        lambda subject: f"it is {datetime.fromtimestamp(subject.now, zone):%a %H:%M} in {zone}",
    )


def _attribute(value: dict[str, Any]) -> Condition:
    name = value["name"].lower()
    exact = frozenset(map(str, alternatives(value.get("equals", []))))
    patterns = Patterns(map(str, alternatives(value["matches"])), ignore_case=False) if "matches" in value else None

    def found(subject: ClientContext) -> list[str]:
        pairs = (pair.partition("=") for pair in subject.facts.attributes)
        return [text for attribute, _, text in pairs if attribute.lower() == name]

    def holds(subject: ClientContext) -> Answer:
        if name not in (asked.lower() for asked in subject.facts.asked):
            return None
        return any(text in exact or (patterns is not None and patterns.fit(text)) for text in found(subject))

    def seen(subject: ClientContext) -> str:
        if name not in (asked.lower() for asked in subject.facts.asked):
            return f"{value['name']} was not kept at this login, under another policy; it is known at the next"
        return f"{value['name']} is {', '.join(found(subject)) or 'not in the request'}"

    return Condition(holds, seen)


KINDS: dict[str, Callable[[Any], Condition]] = {
    "ssid": _ssid,
    "nas": _nas,
    "site": _site,
    "nas_group": _nas_group,
    "port_type": _port_type,
    "vendor": _vendor,
    "time": _time,
    "attribute": _attribute,
}
"""Each kind of label about where, when and what else, and what makes its condition of a value that the schema lets
through.

They raise ValueError for what the schema can't see.
"""
