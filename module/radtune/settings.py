"""settings.yaml -> Settings, and the files of secrets that it names."""

from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from radtune.errors import ConfigurationError
from radtune.label_file import Surroundings
from radtune.places import NasList, Places, nas_network
from radtune.policy import Policy
from radtune.policy_file import check_policy, read_policy
from radtune.schema import check_schema
from radtune.yamlfile import Document, KeyPath, dotted, read_yaml

DICTIONARY = Path("/usr/share/freeradius/dictionary")
OWN_DICTIONARY = Path("../../dictionary")
"""FreeRADIUS's own dictionary, and the operator's in raddb as seen from settings.yaml."""
DEFAULT_SETTINGS = Path("/etc/freeradius/3.0/mods-config/radtune/settings.yaml")


@dataclass(frozen=True, slots=True)
class Intune:
    """A tenant and how to sign in to it; either the secret's file or the certificate's and key's are given."""

    tenant: str
    client_id: str
    client_secret_file: Path | None
    certificate_file: Path | None
    private_key_file: Path | None
    authority: str
    graph: str
    ca_file: Path | None
    page_size: int


@dataclass(frozen=True, slots=True)
class Nas:
    """A NAS that takes a CoA, sent to `coa_address` and `port`."""

    name: str
    address: str
    identifier: str
    coa_address: str
    port: int
    secret_file: Path


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may do without a person's word: so many, or such a share, whichever is more."""

    devices_gone: int = 5
    devices_gone_percent: float = 10.0
    sessions_moved: int = 5
    sessions_moved_percent: float = 10.0
    devices_turned: int = 5
    devices_turned_percent: float = 10.0


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything in settings.yaml; paths are absolute."""

    file: Path
    store: Path
    events: Path
    policy: Path
    intune: Intune | None
    nas: tuple[Nas, ...]
    limits: Limits
    places: Places
    dictionaries: tuple[Path, ...]

    @property
    def surroundings(self) -> Surroundings:
        """What the policy refers to."""
        return Surroundings(self.places, self.dictionaries)

    @property
    def device_store(self) -> Path:
        """The directory of the device store."""
        return self.store / "devices"

    @property
    def session_store(self) -> Path:
        """The directory of the session store."""
        return self.store / "sessions"


def read_settings(file: Path) -> Settings:
    """Read settings.yaml; raises ConfigurationError with every fault, NotPermittedError."""
    document = check_settings(file)
    document.raise_problems()
    return _build(document)


def read_configuration(file: Path) -> tuple[Settings, Policy]:
    """Read settings.yaml and the policy that it names; raises ConfigurationError with every fault in both."""
    document = check_settings(file)
    problems = list(document.problems)
    policy_file = document.data.get("policy") if isinstance(document.data, dict) else None
    # What the sites are called can't be known from settings with faults.
    around = Surroundings(None if problems else _places(document.data), _dictionaries(document))
    if isinstance(policy_file, str):
        try:
            problems += check_policy(file.absolute().parent / policy_file, around).problems
        except ConfigurationError as error:
            problems += error.problems
    if problems:
        raise ConfigurationError(problems)
    settings = _build(document)
    return settings, read_policy(settings.policy, settings.surroundings)


def check_settings(file: Path) -> Document:
    """Read the file and note every fault; raises ConfigurationError where it isn't YAML, NotPermittedError."""
    document = read_yaml(file)
    check_schema(document, "settings")
    intune = document.keys("intune")
    given = {key for key in ("client_secret_file", "certificate_file", "private_key_file") if key in intune}
    if intune and given not in ({"client_secret_file"}, {"certificate_file", "private_key_file"}):
        expected = "give either client_secret_file, or certificate_file and private_key_file"
        document.problem(("intune",), f"{expected}; found {', '.join(sorted(given)) or 'neither'}")
    for entries, keys in (("nas", ("name", "address", "identifier")), ("sites", ("name",)), ("nas_groups", ("name",))):
        for key in keys:
            _check_once(document, entries, key)
    at_site: dict[str, str] = {}
    for entries in ("sites", "nas_groups"):
        for path, entry in document.items(entries):
            _check_nas_list(document, (*path, "nas"), entry.get("nas"), at_site if entries == "sites" else {})
    return document


def _check_once(document: Document, entries: str, key: str) -> None:
    """Note the fault where two entries have the same value."""
    seen: dict[str, int] = {}
    for path, entry in document.items(entries):
        value = _address(entry[key]) if key == "address" and key in entry else entry.get(key)
        if isinstance(value, str) and value in seen:
            document.problem((*path, key), f"{entry[key]}: given at line {seen[value]} already")
        elif isinstance(value, str):
            seen[value] = document.line((*path, key))


def _check_nas_list(document: Document, path: KeyPath, value: object, seen: dict[str, str]) -> None:
    """Note what is no NAS; `seen` are those named before, of which no two sites may have the same."""
    for index, text in enumerate(value if isinstance(value, list) else ()):
        where = dotted((*path, index))
        if seen.setdefault(str(text).lower(), where) != where:
            document.problem((*path, index), f"{text}: given at {seen[str(text).lower()]} already")
        try:
            nas_network(str(text))
        except ValueError as error:
            document.problem((*path, index), str(error))


def _address(value: object) -> str:
    """Return the address in the form in which FreeRADIUS prints it; what is none stays what it is."""
    try:
        return str(ip_address(str(value)))
    except ValueError:
        return str(value)


def _build(document: Document) -> Settings:
    """Build the settings of a document without faults."""
    data: dict[str, Any] = document.data
    base = document.file.absolute().parent
    return Settings(
        file=document.file.absolute(),
        store=base / data["store"],
        events=base / data["events"],
        policy=base / data["policy"],
        intune=_intune(data["intune"], base) if "intune" in data else None,
        nas=tuple(_nas(nas, base) for nas in data.get("nas", ())),
        limits=Limits(**data.get("limits", {})),
        places=_places(data),
        dictionaries=_dictionaries(document),
    )


def _places(data: dict[str, Any]) -> Places:
    def lists(key: str) -> tuple[NasList, ...]:
        return tuple(NasList(each["name"], tuple(each["nas"]), each.get("vendor", "")) for each in data.get(key, ()))

    return Places(lists("sites"), lists("nas_groups"))


def _dictionaries(document: Document) -> tuple[Path, ...]:
    """Return the dictionaries of settings, or the usual ones; the operator's own may be missing there."""
    base = document.file.absolute().parent
    named = document.keys().get("dictionaries")
    if isinstance(named, list):
        return tuple(base / name for name in named if isinstance(name, str))
    own = base / OWN_DICTIONARY
    return (DICTIONARY, *((own,) if own.exists() else ()))


def _intune(data: dict[str, Any], base: Path) -> Intune:
    def path(key: str) -> Path | None:
        return base / data[key] if key in data else None

    return Intune(
        tenant=data["tenant"].lower(),
        client_id=data["client_id"].lower(),
        client_secret_file=path("client_secret_file"),
        certificate_file=path("certificate_file"),
        private_key_file=path("private_key_file"),
        authority=data.get("authority", "https://login.microsoftonline.com"),
        graph=data.get("graph", "https://graph.microsoft.com"),
        ca_file=path("ca_file"),
        page_size=data.get("page_size", 1000),
    )


def _nas(data: dict[str, Any], base: Path) -> Nas:
    address = _address(data["address"]) if "address" in data else ""
    return Nas(
        name=data["name"],
        address=address,
        identifier=data.get("identifier", ""),
        coa_address=_address(data["coa_address"]) if "coa_address" in data else address,
        port=data.get("port", 3799),
        secret_file=base / data["secret_file"],
    )
