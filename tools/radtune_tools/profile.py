"""NAS profiles: what each kind of NAS wants to be sent, and the packet for a session."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from radtune.dictionary import Dictionary
from radtune.errors import ConfigurationError, Problem
from radtune.records import Facts
from radtune.schema import check_schema, unknown
from radtune.yamlfile import Document, KeyPath, read_yaml
from radtune_tools.packet import Pairs, quoted

METHODS = ("reauthenticate", "disconnect", "bounce")
"""The names that a method can have, the mildest first."""
DEFAULT_PORT = 3799

SAMPLE: Mapping[str, str] = {
    "mac": "00-10-A4-23-19-C0",
    "user_name": "bob",
    "acct_session_id": "5E0A1B2C",
    "acct_multi_session_id": "5E0A1B2D",
    "audit_session_id": "C0A8010A0000001A0B5F6E7D",
    "nas_port": "7",
    "nas_port_id": "ge-0/0/7",
    "nas_address": "192.0.2.10",
    "nas_ipv6": "2001:db8::10",
    "nas_identifier": "switch-1",
    "called_station_id": "00-11-22-33-44-55:Corp",
    "framed_ip": "192.0.2.77",
}
"""Every field that a template can name, with a value for show."""
ACCEPT_FIELDS = ("vlan",)

_FIELD = re.compile(r"\{([^{}]*)\}")
_FILES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Method:
    """A way to move a client: a request of kind `packet` with these attributes, whose values are templates.

    Each of `requires` names fields of which one has to be known. `source` says where the rule is from, `verified`
    whether anybody has seen a NAS obey it.
    """

    name: str
    packet: str
    attributes: Pairs
    requires: tuple[tuple[str, ...], ...] = ()
    source: str = ""
    verified: bool = False


@dataclass(frozen=True, slots=True)
class Profile:
    """What a kind of NAS wants: see the README's section on NASes. `accept` stands beside the VLAN, {vlan} for it."""

    name: str
    description: str
    methods: tuple[Method, ...]
    port: int = DEFAULT_PORT
    mac: str = "as-sent"
    nas: str = "address"
    accept: Pairs = ()
    notes: tuple[str, ...] = ()
    dictionary: Dictionary | None = field(default=None, compare=False, repr=False)

    def method_names(self) -> list[str]:
        """Return the names of the methods, in order."""
        return list(dict.fromkeys(method.name for method in self.methods))


def built_in() -> list[str]:
    """Return the names of the profiles that come with radtune."""
    files = resources.files("radtune_tools").joinpath("profiles").iterdir()
    return sorted(file.name.removesuffix(".yaml") for file in files if file.name.endswith(".yaml"))


def profile_file(name: str) -> Path:
    """Return the file of a profile, which a name of radtune's or a path stands for; raises ValueError for neither."""
    if name.endswith(_FILES):
        return Path(name)
    if name not in built_in():
        raise ValueError(unknown("profile", name, built_in()) + "; a file of your own ends in .yaml")
    return Path(str(resources.files("radtune_tools").joinpath("profiles", f"{name}.yaml")))


def read_profile(file: Path, dictionary: Dictionary) -> Profile:
    """Read a profile; raises ConfigurationError with every fault, NotPermittedError."""
    document = read_yaml(file)
    check_schema(document, "profile", "radtune_tools")
    for path, method in document.items("methods"):
        _check_attributes(document, (*path, "attributes"), method.get("attributes"), tuple(SAMPLE), dictionary)
        for index, named in enumerate(method.get("requires") or ()):
            for word in str(named).split("|"):
                if word not in SAMPLE:
                    document.problem((*path, "requires", index), unknown("field", word, SAMPLE))
    accept = (*SAMPLE, *ACCEPT_FIELDS)
    _check_attributes(document, ("accept",), document.keys().get("accept"), accept, dictionary)
    document.raise_problems()
    return _build(document, dictionary)


def _check_attributes(
    document: Document, path: KeyPath, attributes: object, fields: tuple[str, ...], dictionary: Dictionary
) -> None:
    if not isinstance(attributes, dict):
        return
    example = {**SAMPLE, "vlan": "750"}
    for name, template in _pairs(attributes):
        wrong = [word for word in _FIELD.findall(template) if word not in fields]
        if wrong:
            document.problem((*path, name), unknown("field", wrong[0], fields))
            continue
        value = _FIELD.sub(lambda found: example[found[1]], template)
        in_packet = path != ("accept",)
        problem = dictionary.coa_problem(name, value) if in_packet else dictionary.reply_problem(name, value)
        if problem:
            document.problem((*path, name), problem)


def _pairs(attributes: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, values in attributes.items():
        yield from ((str(name), str(value)) for value in (values if isinstance(values, list) else [values]))


def _build(document: Document, dictionary: Dictionary) -> Profile:
    data = document.data
    return Profile(
        name=document.file.name.rpartition(".")[0],
        description=data["description"],
        methods=tuple(
            Method(
                each["name"],
                each["packet"],
                tuple(_pairs(each["attributes"])),
                tuple(tuple(words.split("|")) for words in each.get("requires", ())),
                each.get("source", ""),
                each.get("verified", False),
            )
            for each in data["methods"]
        ),
        port=data.get("port", DEFAULT_PORT),
        mac=data.get("mac", "as-sent"),
        nas=data.get("nas", "address"),
        accept=tuple(_pairs(data.get("accept", {}))),
        notes=tuple(data.get("notes", ())),
        dictionary=dictionary,
    )


def fields_of(profile: Profile, facts: Facts) -> dict[str, str]:
    """Return what the fields of a template stand for; '' where it isn't known."""
    ipv6 = ":" in facts.nas_address
    return {
        "mac": facts.calling_station_id if profile.mac == "as-sent" else _written(facts.mac, profile.mac),
        "user_name": facts.nas_user_name or facts.user_name,
        "acct_session_id": facts.acct_session_id,
        "acct_multi_session_id": facts.acct_multi_session_id,
        "audit_session_id": facts.audit_session_id,
        "nas_port": facts.nas_port,
        "nas_port_id": facts.nas_port_id,
        "nas_address": "" if ipv6 else facts.nas_address,
        "nas_ipv6": facts.nas_address if ipv6 else "",
        "nas_identifier": facts.nas_identifier,
        "called_station_id": facts.called_station_id,
        "framed_ip": facts.framed_ip,
    }


def _written(mac: str, example: str) -> str:
    """Return 12 hex digits in the notation of the example."""
    if not mac:
        return ""
    digits = iter(mac.upper() if "A" in example else mac.lower())
    return "".join(next(digits) if character.isalnum() else character for character in example)


class CannotRenderError(Exception):
    """A method that can't be used for a session; the message says why."""


def render(profile: Profile, method: Method, fields: Mapping[str, str]) -> Pairs:
    """Return the attributes of the packet for a session; raises CannotRenderError where the method can't be used.

    `fields` are `fields_of` it. An attribute whose field isn't known is left out.
    """
    for names in method.requires:
        if not any(fields[name] for name in names):
            raise CannotRenderError(f"{method.name} needs {' or '.join(names)}, which the session doesn't have")
    found = [*_nas_pairs(profile.nas, fields)]
    for name, template in method.attributes:
        if all(fields[word] for word in _FIELD.findall(template)):
            found.append((name, _FIELD.sub(lambda match: fields[match[1]], template)))
    for name, value in found:
        try:
            quoted(value)
        except ValueError as error:
            raise CannotRenderError(f"{method.name} can't be sent safely: {name}: {error}") from None
        problem = profile.dictionary.coa_problem(name, value) if profile.dictionary else ""
        if problem:
            raise CannotRenderError(f"{method.name} can't be sent: {problem}")
    return tuple(found)


def _nas_pairs(how: str, fields: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    address = fields["nas_address"] or fields["nas_ipv6"]
    if address and (how in ("address", "both") or (how == "identifier" and not fields["nas_identifier"])):
        yield ("NAS-IPv6-Address" if fields["nas_ipv6"] else "NAS-IP-Address"), address
    if fields["nas_identifier"] and (how in ("identifier", "both") or (how == "address" and not address)):
        yield "NAS-Identifier", fields["nas_identifier"]


class Profiles:
    """The profiles of an installation, each read when it is first asked for."""

    def __init__(self, dictionaries: tuple[Path, ...]) -> None:
        """Take FreeRADIUS's dictionaries, which every profile is checked against."""
        self._dictionaries = dictionaries
        self._dictionary: Dictionary | None = None
        self._known: dict[str, Profile] = {}

    def get(self, name: str, settings_file: Path) -> Profile:
        """Return a profile of radtune's or the operator's; raises ConfigurationError, NotPermittedError."""
        if name not in self._known:
            try:
                file = profile_file(name)
            except ValueError as error:
                raise ConfigurationError([Problem(settings_file, 1, "nas", str(error))]) from None
            if self._dictionary is None:
                self._dictionary = Dictionary.read(self._dictionaries)
            self._known[name] = read_profile(file, self._dictionary)
        return self._known[name]
