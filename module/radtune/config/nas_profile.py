"""NAS profiles: what each kind of NAS wants to be sent, and to get beside the VLAN."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import resources
from pathlib import Path
from typing import Any

from radtune.config.label_file import OWN_LABELS, PolicyContext
from radtune.config.schema import check_schema, unknown
from radtune.config.yaml_file import Document, KeyPath, read_yaml
from radtune.dictionary.dictionary import Dictionary
from radtune.policy.templates import AS_SENT, NAMING, SAMPLE, Pairs, fields_in, filled, is_balanced, names_client

METHODS = ("reauthenticate", "disconnect", "bounce")
"""The names that a method can have, the mildest first."""
DEFAULT_PORT = 3799

ACCEPT_SAMPLE: Mapping[str, str] = {**SAMPLE, "vlan": "750"}
"""Every field that `accept` can name, with a value for show."""

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
    """What a kind of NAS wants: see docs/nas-profile.md. `accept` stands beside the VLAN, {vlan} for it."""

    name: str
    description: str
    methods: tuple[Method, ...]
    port: int = DEFAULT_PORT
    mac: str = AS_SENT
    nas: str = "address"
    accept: Pairs = ()
    notes: tuple[str, ...] = ()
    dictionary: Dictionary | None = field(default=None, compare=False, repr=False)

    def method_names(self) -> list[str]:
        """Return the names of the methods, in order."""
        return list(dict.fromkeys(method.name for method in self.methods))

    def picking(self, names: Sequence[str]) -> "Profile":
        """Return the profile with the methods of these names alone, in this order; as it is for no names."""
        if not names:
            return self
        return replace(self, methods=tuple(each for name in names for each in self.methods if each.name == name))


def built_in() -> list[str]:
    """Return the names of the profiles that come with radtune."""
    files = resources.files("radtune.config").joinpath("profiles").iterdir()
    return sorted(file.name.removesuffix(".yaml") for file in files if file.name.endswith(".yaml"))


def profile_file(name: str) -> Path:
    """Return the file of a profile, which a name of radtune's or a path stands for; raises ValueError for neither."""
    if name.endswith(_FILES):
        return Path(name)
    if name not in built_in():
        raise ValueError(unknown("profile", name, built_in()) + "; a file of your own ends in .yaml")
    return Path(str(resources.files("radtune.config").joinpath("profiles", f"{name}.yaml")))


def read_profile(file: Path, dictionary: Dictionary | None) -> Profile:
    """Read a profile; raises ConfigurationError with every fault, NotPermittedError.

    Without a dictionary its attributes aren't held against one.
    """
    document = read_yaml(file)
    check_schema(document, "profile")
    for path, method in document.items("methods"):
        _check_attributes(document, (*path, "attributes"), method.get("attributes"), dictionary)
        _check_client(document, (*path, "attributes"), method.get("attributes"))
        for index, named in enumerate(method.get("requires") or ()):
            for word in str(named).split("|"):
                if word not in SAMPLE:
                    document.problem((*path, "requires", index), unknown("field", word, SAMPLE))
    _check_attributes(document, ("accept",), document.keys().get("accept"), dictionary)
    document.raise_problems()
    return _build(document, dictionary)


def _check_attributes(document: Document, path: KeyPath, attributes: object, dictionary: Dictionary | None) -> None:
    """Note what is wrong with the attributes of a method, or with those of `accept`."""
    if not isinstance(attributes, dict):
        return
    in_accept = path == ("accept",)
    sample = ACCEPT_SAMPLE if in_accept else SAMPLE
    for name, template in _pairs(attributes):
        own = OWN_LABELS.get(name.lower()) if in_accept else None
        problem = _template_problem(template, sample)
        if own:
            problem = f"{name} is for the policy to give; assign a label of kind {own}"
        elif dictionary and not problem:
            value = filled(template, sample)
            problem = dictionary.reply_problem(name, value) if in_accept else dictionary.coa_problem(name, value)
        if problem:
            document.problem((*path, name), problem)


def _template_problem(template: str, known: Iterable[str]) -> str:
    if not is_balanced(template):
        return f"{template}: a brace without its partner; a field is written as {{mac}}"
    return next((unknown("field", word, known) for word in fields_in(template) if word not in known), "")


def _check_client(document: Document, path: KeyPath, attributes: object) -> None:
    """Note that a method can't name a client: its packet would be about everybody on the NAS."""
    if not isinstance(attributes, dict) or any(names_client(template) for _, template in _pairs(attributes)):
        return
    if not document.faulty(path):
        fields = ", ".join(f"{{{name}}}" for name in NAMING)
        document.problem(path, f"no value names a client, and a NAS may take that for everybody; use one of {fields}")


def _pairs(attributes: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, values in attributes.items():
        yield from ((str(name), str(value)) for value in (values if isinstance(values, list) else [values]))


def _build(document: Document, dictionary: Dictionary | None) -> Profile:
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
        mac=data.get("mac", AS_SENT),
        nas=data.get("nas", "address"),
        accept=tuple(_pairs(data.get("accept", {}))),
        notes=tuple(data.get("notes", ())),
        dictionary=dictionary,
    )


class Profiles:
    """The profiles of an installation, each read when it is first asked for."""

    def __init__(self, around: PolicyContext) -> None:
        """Take the dictionaries, which every profile is held against if there are any."""
        self._around = around
        self._known: dict[str, Profile] = {}

    def get(self, name: str) -> Profile:
        """Return a profile of radtune's or the operator's.

        Raises ConfigurationError, NotPermittedError, and ValueError where it is neither.
        """
        if name not in self._known:
            file = profile_file(name)
            self._known[name] = read_profile(file, self._around.dictionary if self._around.dictionaries else None)
        return self._known[name]
