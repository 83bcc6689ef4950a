"""The labels of policy.yaml: conditions compiled, results checked against sites and dictionaries, every fault noted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from radtune.config.schema import unknown
from radtune.config.yaml_file import Document, KeyPath, read_lines, signature
from radtune.dictionary.dictionary import Dictionary
from radtune.errors import ConfigurationError, Problem
from radtune.policy import client_labels, device_labels, place_labels
from radtune.policy.labels import Condition, Label, alternatives
from radtune.policy.nas_directory import NasDirectory
from radtune.policy.patterns import duration
from radtune.request.facts import parse_mac
from radtune.request.vendors import VENDORS, role_pairs

CONDITIONS: Mapping[str, Callable[[Any], Condition]] = {
    **device_labels.KINDS,
    **client_labels.KINDS,
    **place_labels.KINDS,
}
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
    """What a policy refers to: the sites and groups of settings (None: don't check names), and the dictionaries.

    Without dictionaries attributes aren't checked: for a machine that has no FreeRADIUS. A server always has some.
    """

    nas_directory: NasDirectory | None = field(default_factory=NasDirectory)
    dictionaries: tuple[Path, ...] = ()

    @cached_property
    def dictionary(self) -> Dictionary:
        """The dictionaries, read when first asked for; raises ConfigurationError."""
        return Dictionary.read(self.dictionaries)

    def placed(self) -> NasDirectory:
        """Return the places of settings as clients are judged by them: what NASes want in an Accept as it is sent."""
        places = self.nas_directory or NasDirectory()
        return places.fitting(self.dictionary.fit) if places.accepts and self.dictionaries else places

    def canonical(self, name: str, value: str | int) -> tuple[str, str]:
        """Return a pair of a reply as the server is given it; without dictionaries as it is written."""
        return self.dictionary.canonical(name, value) if self.dictionaries else (name, str(value))


@dataclass(slots=True)
class Labels:
    """The labels without fault: conditions, and results as they are written.

    `files` are those that lists come from, each with its signature from before it was read; `lists` what they hold.
    """

    conditions: dict[str, Label] = field(default_factory=dict)
    results: dict[str, tuple[str, Any]] = field(default_factory=dict)
    files: dict[Path, tuple[int, ...]] = field(default_factory=dict)
    lists: dict[str, list[str]] = field(default_factory=dict)
    extra_attributes: tuple[str, ...] = ()


class LabelReader:
    """Reads the labels of one document."""

    def __init__(self, document: Document, around: PolicyContext) -> None:
        self._document = document
        self._around = around
        self._labels = Labels()

    def read(self) -> Labels:
        """Return what can be used, and note the faults of the rest."""
        for name, label in self._document.keys("labels").items():
            path = ("labels", name)
            if isinstance(label, dict) and len(label) == 1 and not self._document.faulty(path):
                ((kind, value),) = label.items()
                self._read(path, name, kind, value)
        return self._labels

    def _read(self, path: KeyPath, name: str, kind: str, value: Any) -> None:
        if kind in RESULTS:
            self._check_result((*path, kind), kind, value)
            self._labels.results[name] = (kind, value)
            return
        try:
            if isinstance(value, dict) and "file" in value:
                value = self._lines((*path, kind), kind, value["file"])
            if kind in ("site", "nas_group"):
                self._check_places((*path, kind), kind, alternatives(value))
            if kind == "attribute":
                value = self._as_shown((*path, kind), value)
            self._labels.conditions[name] = Label(name, kind, CONDITIONS[kind](value))
        except ValueError as error:
            self._document.problem((*path, kind), str(error))

    def _lines(self, path: KeyPath, kind: str, name: str) -> list[str]:
        """Return the lines of a list's file; a line that is no MAC is a problem at its own place."""
        file = self._document.file.absolute().parent / name
        self._labels.files[file] = signature(file)
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
        self._labels.lists[name] = good
        return good

    def _check_places(self, path: KeyPath, kind: str, names: list[str]) -> None:
        if self._around.nas_directory is None:
            return
        known = self._around.nas_directory.sites if kind == "site" else self._around.nas_directory.groups
        for name in names:
            if name not in [each.name for each in known]:
                self._document.problem(path, f"{unknown(kind, name, [each.name for each in known])} in settings.yaml")

    def _as_shown(self, path: KeyPath, value: dict[str, Any]) -> dict[str, Any]:
        """Return an attribute's label with name and values as the server will show them, its faults noted."""
        name, wanted = value["name"], alternatives(value.get("equals", []))
        if not self._around.dictionaries:
            self._labels.extra_attributes = tuple(dict.fromkeys((*self._labels.extra_attributes, name)))
            return value
        try:
            dictionary = self._around.dictionary
        except ConfigurationError as error:
            self._document.problems += error.problems
            return value
        if problem := dictionary.request_problem(name):
            self._document.problem((*path, "name"), problem)
            return value
        problems = [problem for each in wanted if (problem := dictionary.request_problem(name, each))]
        if problems:
            self._document.problem((*path, "equals"), problems[0])
            return value
        attribute = dictionary.attribute(name.partition(":")[0])
        spelled = name if attribute is None else attribute.name + name[len(attribute.name) :]
        self._labels.extra_attributes = tuple(dict.fromkeys((*self._labels.extra_attributes, spelled)))
        return {**value, "name": spelled, "equals": [dictionary.as_freeradius_shows(name, each)[1] for each in wanted]}

    def _check_result(self, path: KeyPath, kind: str, value: Any) -> None:
        if kind == "vlan" and isinstance(value, dict):
            self._check_places((*path, "sites"), "site", list(value["sites"]))
        elif kind == "role":
            self._check_role(path, value)
        elif kind == "session_timeout" and duration(value) > 0xFFFFFFFF:
            self._document.problem(path, f"{value}: more seconds than Session-Timeout can hold")
        elif kind == "attributes":
            for name, values in value.items():
                if (own := OWN_LABELS.get(name.lower())) is not None:
                    self._document.problem((*path, name), f"use a label of kind {own} for {name}")
                    continue
                for each in alternatives(values):
                    self._check_reply((*path, name), name, each)
        elif kind == "reply_message":
            self._check_reply(path, "Reply-Message", value)

    def _check_role(self, path: KeyPath, value: Any) -> None:
        """Check a role in the form of every vendor that it may be given to."""
        roles = dict.fromkeys(("", *VENDORS), value) if isinstance(value, str) else value["vendors"]
        for vendor, role in roles.items():
            for name, text in role_pairs(vendor, role):
                self._check_reply((*path, "vendors", vendor) if vendor else path, name, text)

    def _check_reply(self, path: KeyPath, name: str, value: str | int) -> None:
        if not self._around.dictionaries:
            return
        try:
            problem = self._around.dictionary.reply_problem(name, value)
        except ConfigurationError as error:
            self._document.problems += [each for each in error.problems if each not in self._document.problems]
            return
        if problem:
            self._document.problem(path, problem)
