"""NAS profiles: what each kind of NAS wants to be sent, and to get beside the VLAN."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from radtune.config.policy_labels import OWN_LABELS, PolicyContext
from radtune.config.schema import check_schema, schema, with_defaults
from radtune.config.yaml_file import Document, KeyPath, read_yaml
from radtune.dataclass import dataclass, field, replace
from radtune.dictionary.dictionary import Dictionary
from radtune.policy.labels import alternatives
from radtune.policy.templates import NAMING, SAMPLE, Pairs, fields_in, filled, is_balanced, names_client
from radtune.text import unknown

METHODS = ("reauthenticate", "disconnect", "bounce")
"""The names that a method can have, the mildest first."""

ACCEPT_SAMPLE: Mapping[str, str] = {**SAMPLE, "vlan": "750"}
"""Every field that `accept` can name, with a value for show."""

_BUILT_IN = Path(__file__).with_name("profiles")
_FILES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Method:
    """A way to move a client.

    packet: the kind of request
    attributes: names and templates
    requires: groups of fields; one of each group has to be known
    source: where the rule is from
    verified: somebody has seen a NAS obey it
    """

    name: str
    packet: str
    attributes: Pairs
    requires: tuple[tuple[str, ...], ...] = ()
    source: str = ""
    verified: bool = False


@dataclass(frozen=True, slots=True)
class Profile:
    """The needs of a kind of NAS: see docs/nas-profile.md.

    accept: what it wants in an Access-Accept beside the VLAN; {vlan} stands for the VLAN
    dictionary: what the attributes were checked against
    """

    name: str
    description: str
    methods: tuple[Method, ...]
    port: int
    mac: str
    nas: str
    accept: Pairs = ()
    notes: tuple[str, ...] = ()
    dictionary: Dictionary | None = field(default=None, compare=False, repr=False)

    def method_names(self) -> list[str]:
        """Return the names of the methods, in order."""
        return list(dict.fromkeys(method.name for method in self.methods))

    def picking(self, names: Sequence[str]) -> "Profile":
        """Return the profile with only the methods of these names, in this order; with all for no names."""
        methods = tuple(each for name in names for each in self.methods if each.name == name)
        return replace(self, methods=methods) if names else self


def built_in() -> list[str]:
    """Return the names of the profiles that come with radtune."""
    return sorted(file.stem for file in _BUILT_IN.glob("*.yaml"))


def profile_file(name: str) -> Path:
    """Return the file of a profile, which a name of radtune's or a path stands for; raises ValueError for neither."""
    if name.endswith(_FILES):
        return Path(name)
    if name not in built_in():
        raise ValueError(unknown("profile", name, built_in()) + "; a file of your own ends in .yaml")
    return _BUILT_IN / f"{name}.yaml"


def read_profile(file: Path, dictionary: Dictionary | None) -> Profile:
    """Read a profile; raises ConfigurationError with every fault, NotPermittedError.

    dictionary: what its attributes are checked against; None for no check
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
    data = with_defaults(document.data, schema("profile"))
    methods = tuple(
        Method(**{**each, "attributes": tuple(_pairs(each["attributes"])), "requires": _groups(each)})
        for each in data["methods"]
    )
    lists = {"accept": tuple(_pairs(data.get("accept", {}))), "notes": tuple(data.get("notes", ()))}
    return Profile(file.name.rpartition(".")[0], **{**data, "methods": methods, **lists}, dictionary=dictionary)


def _check_attributes(document: Document, path: KeyPath, attributes: object, dictionary: Dictionary | None) -> None:
    """Note what is wrong with the attributes of a method, or with those of `accept`."""
    in_accept = path == ("accept",)
    sample = ACCEPT_SAMPLE if in_accept else SAMPLE
    for name, template in _pairs(attributes):
        own = OWN_LABELS.get(name.lower()) if in_accept else None
        strange = next((word for word in fields_in(template) if word not in sample), None)
        problem = ""
        if own:
            problem = f"{name} is for the policy to give; assign a label of kind {own}"
        elif not is_balanced(template):
            problem = f"{template}: a brace without its partner; a field is written as {{mac}}"
        elif strange is not None:
            problem = unknown("field", strange, sample)
        elif dictionary:
            value = filled(template, sample)
            problem = dictionary.reply_problem(name, value) if in_accept else dictionary.coa_problem(name, value)
        if problem:
            document.problem((*path, name), problem)


def _check_client(document: Document, path: KeyPath, attributes: object) -> None:
    """Note that a method can't name a client: its packet would be about everybody on the NAS."""
    named = any(names_client(template) for _, template in _pairs(attributes))
    if isinstance(attributes, dict) and not named and not document.faulty(path):
        fields = ", ".join(f"{{{name}}}" for name in NAMING)
        document.problem(path, f"no value names a client, and a NAS may take that for everybody; use one of {fields}")


def _pairs(attributes: object) -> Iterator[tuple[str, str]]:
    """Yield names and values; nothing for anything else, which the schema reports."""
    for name, values in attributes.items() if isinstance(attributes, dict) else ():
        yield from ((str(name), str(value)) for value in alternatives(values))


def _groups(method: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(words.split("|")) for words in method.get("requires", ()))


def profile_reader(context: PolicyContext) -> Callable[[str], Profile]:
    """Return the reader of the profiles of an installation, by name or file; it reads each profile once.

    It checks them against the dictionaries if there are any. It raises ConfigurationError, NotPermittedError, and
    ValueError for an unknown name.
    """

    @cache
    def read(name: str) -> Profile:
        return read_profile(profile_file(name), context.dictionary if context.dictionaries else None)

    return read
