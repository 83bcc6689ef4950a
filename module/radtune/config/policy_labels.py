"""The labels of policy.yaml: conditions compiled, results checked against sites and dictionaries, every fault noted."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from radtune.config.yaml_file import Document, KeyPath, read_lines, signature
from radtune.dataclass import dataclass, field
from radtune.dictionary.dictionary import Dictionary
from radtune.errors import ConfigurationError, Problem
from radtune.policy import client_labels, device_labels, place_labels
from radtune.policy.grants import PerSiteValue
from radtune.policy.labels import Kind, Label, alternatives
from radtune.policy.nas_directory import NasDirectory
from radtune.policy.patterns import duration
from radtune.policy.templates import Pairs
from radtune.records.addresses import parse_mac
from radtune.request.vendors import VENDORS, role_pairs
from radtune.text import unknown

CONDITIONS: Mapping[str, Kind] = {**device_labels.KINDS, **client_labels.KINDS, **place_labels.KINDS}
OWN_LABELS = {
    "session-timeout": "session_timeout",
    "termination-action": "session_timeout",
    "reply-message": "reply_message",
}
"""Attributes that have a kind of label of their own."""
RESULTS = ("vlan", "role", "session_timeout", "reply_message", "attributes")
"""The kinds of label that belong into `assign`; the others belong into `match`."""


@dataclass(frozen=True)
class PolicyContext:
    """The things outside its file that a policy refers to.

    nas_directory: the sites and groups of settings; None if their names can't be checked
    dictionaries: none on a machine without FreeRADIUS; then attributes aren't checked. A server always has some
    lists: the only files of lists that it may name, by the names that it has for them; None for any file
    """

    nas_directory: NasDirectory | None = field(default_factory=NasDirectory)
    dictionaries: tuple[Path, ...] = ()
    lists: Mapping[str, Path] | None = None

    @cached_property
    def dictionary(self) -> Dictionary:
        """The dictionaries, read when first used; raises ConfigurationError."""
        return Dictionary.read(self.dictionaries)

    def usable_dictionary(self, document: Document) -> Dictionary | None:
        """Return the dictionaries; None if there are none, or if they have faults, which are noted in the document."""
        try:
            return self.dictionary if self.dictionaries else None
        except ConfigurationError as error:
            document.note(error.problems)
            return None

    def fitted_directory(self) -> NasDirectory:
        """Return the directory that clients are judged by; the dictionaries spell its Accept attributes."""
        found = self.nas_directory or NasDirectory()
        return found.fitting(self.dictionary.fit) if found.accepts and self.dictionaries else found


class Labels:
    """The labels of a policy. Their faults are noted in its document, and labels with faults are left out.

    kinds: the kind of every label, also of those with faults
    conditions: the labels for `match`
    results: the labels for `assign`: what each gives, as `Authorization` has it
    files: the files of lists, each with its signature from before it was read
    lists: the lines of these files
    extra_attributes: the attributes of a request that labels ask for
    """

    def __init__(self, document: Document, context: PolicyContext) -> None:
        self._document = document
        self._context = context
        self.kinds: dict[str, str] = {}
        self.conditions: dict[str, Label] = {}
        self.results: dict[str, Any] = {}
        self.files: dict[Path, tuple[int, ...]] = {}
        self.lists: dict[str, list[str]] = {}
        self.extra_attributes: tuple[str, ...] = ()
        for name, label in document.keys("labels").items():
            if isinstance(label, dict) and len(label) == 1:
                ((kind, value),) = label.items()
                self.kinds[name] = kind
                if not document.faulty(("labels", name)):
                    self._read(("labels", name, kind), name, kind, value)

    @cached_property
    def _dictionary(self) -> Dictionary | None:
        return self._context.usable_dictionary(self._document)

    def _read(self, path: KeyPath, name: str, kind: str, value: Any) -> None:
        if kind in RESULTS:
            self.results[name] = self._result(path, kind, value)
            return
        if isinstance(value, dict) and "file" in value:
            value = self._lines(path, kind, value["file"])
        if kind in ("site", "nas_group"):
            self._check_names(path, kind, alternatives(value))
        if kind == "attribute":
            value = self._as_freeradius_shows(path, value)
        self.conditions[name] = Label(name, kind, *CONDITIONS[kind](value))

    def _lines(self, path: KeyPath, kind: str, name: str) -> list[str]:
        """Return the lines of a list's file; a line that is no MAC is a problem at its own place."""
        known = self._context.lists
        if known is not None and name not in known:
            self._document.problem(path, f"{name} is no list of the policy in use")
            return []
        file = known[name] if known is not None else self._document.file.absolute().parent / name
        self.files[file] = signature(file)
        try:
            good, lines = [], read_lines(file)
        except ConfigurationError as error:
            self._document.problem(path, f"{file}: {error.problems[0].message}")
            return []
        for number, text in lines:
            if self._document.full:
                break
            try:
                if kind == "mac" and not parse_mac(text):
                    client_labels.oui(text)
                good.append(text)
            except ValueError as error:
                self._document.problems.append(Problem(file, number, "", str(error)))
        if not lines:
            self._document.problem(path, f"{file} lists nothing")
        self.lists[name] = good
        return good

    def _check_names(self, path: KeyPath, kind: str, names: list[str]) -> None:
        """Check the names of sites or groups."""
        directory = self._context.nas_directory
        if directory is not None:
            known = [each.name for each in (directory.sites if kind == "site" else directory.groups)]
            for name in names:
                if name not in known:
                    self._document.problem(path, f"{unknown(kind, name, known)} ({kind}s are named in settings.yaml)")

    def _as_freeradius_shows(self, path: KeyPath, value: dict[str, Any]) -> dict[str, Any]:
        """Return the value of an attribute label with name and values as the server shows them in a request."""
        name, values, key = value["name"], alternatives(value.get("equals", [])), "name"
        try:
            if self._dictionary is not None:
                name, key = self._dictionary.request_name(name), "equals"
                values = [self._dictionary.as_freeradius_shows(name, each)[1] for each in values]
        except ValueError as error:
            self._document.problem((*path, key), str(error))
            return value
        self.extra_attributes = tuple(dict.fromkeys((*self.extra_attributes, name)))
        return {**value, "name": name, "equals": values}

    def _result(self, path: KeyPath, kind: str, value: Any) -> Any:
        if kind == "vlan":
            if isinstance(value, dict):
                self._check_names((*path, "sites"), "site", list(value["sites"]))
            return _per_site(value, "sites")
        if kind == "role":
            # A role by name alone may be given at any NAS.
            roles = dict.fromkeys(("", *VENDORS), value) if isinstance(value, str) else value["vendors"]
            for vendor, role in roles.items():
                for name, text in role_pairs(vendor, role):
                    self._reply((*path, "vendors", vendor) if vendor else path, name, text)
            return _per_site(value, "vendors")
        if kind == "session_timeout":
            if duration(value) > 0xFFFFFFFF:
                self._document.problem(path, f"{value}: more seconds than Session-Timeout can hold")
            return duration(value)
        if kind == "reply_message":
            self._reply(path, "Reply-Message", value)
            return value
        return tuple(pair for name in value for pair in self._pairs((*path, name), name, alternatives(value[name])))

    def _pairs(self, path: KeyPath, name: str, values: list[str | int]) -> Pairs:
        if (own := OWN_LABELS.get(name.lower())) is not None:
            self._document.problem(path, f"use a label of kind {own} for {name}")
            return ()
        return tuple(self._reply(path, name, value) for value in values)

    def _reply(self, path: KeyPath, name: str, value: str | int) -> tuple[str, str]:
        """Return an attribute of a reply as the server must be given it; without dictionaries as it is written."""
        try:
            return self._dictionary.fit(name, value) if self._dictionary is not None else (name, str(value))
        except ValueError as error:
            self._document.problem(path, str(error))
            return name, str(value)


def _per_site(value: Any, key: str) -> PerSiteValue:
    if isinstance(value, dict):
        return PerSiteValue(str(value.get("default", "")), {place: str(text) for place, text in value[key].items()})
    return PerSiteValue(str(value))
