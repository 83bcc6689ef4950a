"""settings.yaml -> Settings. The keys, their types and their defaults are in schemas/settings.schema.json."""

import os
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from types import MappingProxyType
from typing import Any

from radtune.config.move_settings import MoveSettings, build_moves, with_seconds
from radtune.config.nas_entries import check_nas_lists, check_profiles, profile_of
from radtune.config.nas_profile import Profile
from radtune.config.policy_file import read_policy
from radtune.config.policy_labels import PolicyContext
from radtune.config.push_settings import Destination, build_destination, check_destinations
from radtune.config.schema import check_schema, schema, with_defaults
from radtune.config.settings_files import DIRECTORY, read_settings_files
from radtune.config.tenants import Tenant, build_tenant, check_tenants
from radtune.config.web_settings import WebSettings, build_web
from radtune.config.yaml_file import Document, read_yaml
from radtune.dataclass import dataclass
from radtune.errors import ConfigurationError
from radtune.installation import RADDB
from radtune.policy.decide import Policy
from radtune.policy.nas_directory import NasDirectory, NasList, nas_network
from radtune.policy.patterns import duration
from radtune.policy.templates import Accept


@dataclass(frozen=True, slots=True)
class Nas:
    """Some NASes that take a CoA.

    nas: addresses, networks and patterns of NAS-Identifiers
    profile: a name, or an absolute file that ends in .yaml or .yml
    rate: packets a second that one NAS may be sent
    coa_address: the address for a CoA; '' for the NAS's own
    port: 0 for the profile's
    methods: the methods of the profile to use, in this order; () for all
    """

    name: str
    nas: tuple[str, ...]
    secret_file: Path
    profile: str
    rate: int
    coa_address: str = ""
    port: int = 0
    methods: tuple[str, ...] = ()

    @property
    def addresses(self) -> list[str]:
        """The single addresses among `nas`."""
        networks = [network for text in self.nas if (network := nas_network(text)) is not None]
        return [str(each.network_address) for each in networks if each.prefixlen == each.max_prefixlen]

    @property
    def identifiers(self) -> list[str]:
        """The NAS-Identifiers among `nas`, but for patterns."""
        return [text for text in self.nas if nas_network(text) is None and not set(text) & set("*?")]


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one run may do unless a person agrees to more: a number or a share, whichever is larger."""

    devices_missing: int
    devices_missing_percent: float
    devices_lost_compliance: int
    devices_lost_compliance_percent: float
    sessions_moved: int
    sessions_moved_percent: float
    sessions_restored: int
    sessions_restored_percent: float
    sessions_at_nas: int
    sessions_at_nas_percent: float


@dataclass(frozen=True, slots=True)
class SyncSettings:
    """The section `sync`: `deadline` and `keep_missing` in seconds, `ping` a URL or ''."""

    deadline: int
    keep_missing: int
    ping: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything in settings.yaml; paths are absolute.

    silence: seconds without a packet after which a session is over
    """

    file: Path
    store: Path
    events: Path
    policy: Path
    tenants: tuple[Tenant, ...]
    nas: tuple[Nas, ...]
    limits: Limits
    sync: SyncSettings
    moves: MoveSettings
    silence: int
    push: tuple[Destination, ...]
    nas_directory: NasDirectory
    dictionaries: tuple[Path, ...]
    web: WebSettings

    @property
    def files(self) -> str:
        """The places of entries under `intune` and `nas`, in words."""
        return f"{self.file} or {DIRECTORY}"

    @property
    def policy_context(self) -> PolicyContext:
        """The context that the policy is read with."""
        return PolicyContext(self.nas_directory, self.dictionaries)

    @property
    def device_store(self) -> Path:
        """The directory of the device store."""
        return self.store / "devices"

    @property
    def session_store(self) -> Path:
        """The directory of the session store."""
        return self.store / "sessions"


def read_settings(file: Path) -> Settings:
    """Read settings.yaml, the files of settings.d beside it, and the profiles that they name.

    Nothing is held against FreeRADIUS's dictionaries. Raises ConfigurationError with every fault, NotPermittedError.
    """
    document = read_settings_files(file)
    profiles = _check(document, PolicyContext())
    document.raise_problems()
    return _build(document, profiles)


def store_directory(file: Path) -> Path:
    """Return the directory that settings.yaml names as the store; raises as `read_settings` does."""
    named = read_yaml(file).keys().get("store")
    return file.absolute().parent / named if isinstance(named, str) else read_settings(file).store


def read_configuration(file: Path) -> tuple[Settings, Policy]:
    """Read the settings as `read_settings` does, and the policy that they name, with FreeRADIUS's dictionaries."""
    document = read_settings_files(file)
    context = PolicyContext(None, _dictionaries(document))
    profiles = _check(document, context)
    settings = None if document.problems else _build(document, profiles)
    policy = None
    policy_file = document.keys().get("policy")
    if isinstance(policy_file, str):
        try:
            # The names of sites and groups can't be checked if the settings have faults.
            policy = read_policy(file.absolute().parent / policy_file, settings.policy_context if settings else context)
        except ConfigurationError as error:
            document.note(error.problems)
    if settings is None or policy is None:
        raise ConfigurationError(document.problems)
    return settings, policy


def check_settings(
    file: Path, *, dictionaries: bool = False, staged: Mapping[Path, Path] = MappingProxyType({})
) -> Document:
    """Read the settings and note every fault; raises ConfigurationError if settings.yaml isn't YAML, NotPermittedError.

    dictionaries: hold the profiles that the settings name against FreeRADIUS's dictionaries.
    staged: what the files of settings.d are to be, as `read_settings_files` takes it.
    """
    document = read_settings_files(file, staged)
    _check(document, PolicyContext(None, _dictionaries(document)) if dictionaries else PolicyContext())
    return document


def _check(document: Document, context: PolicyContext) -> dict[str, Profile]:
    """Note every fault; return the profiles of the entries under nas by their names."""
    check_schema(document, "settings")
    check_tenants(document)
    check_destinations(document)
    check_nas_lists(document)
    return check_profiles(document, context)


def _build(document: Document, profiles: dict[str, Profile]) -> Settings:
    """Build the settings of a document without faults."""
    data = with_defaults(document.data, schema("settings"))
    base = document.file.absolute().parent
    accepts = {name: Accept(profile.accept, profile.mac) for name, profile in profiles.items() if profile.accept}
    sites, groups, entries = (
        tuple(NasList(each["name"], tuple(each["nas"]), each.get("vendor", "")) for each in data.get(key, ()))
        for key in ("sites", "nas_groups", "nas")
    )
    return Settings(
        file=document.file.absolute(),
        store=base / data["store"],
        events=base / data["events"],
        policy=base / data["policy"],
        tenants=tuple(build_tenant(entry, base) for entry in data.get("intune", ())),
        nas=tuple(_nas(entry, base) for entry in data.get("nas", ())),
        limits=Limits(**data["limits"]),
        sync=SyncSettings(**with_seconds(data["sync"], "deadline", "keep_missing")),
        moves=build_moves(data["moves"]),
        silence=duration(data["sessions"]["silence"]),
        push=tuple(build_destination(entry, base) for entry in data.get("push", ())),
        nas_directory=NasDirectory(sites, groups, entries if accepts else (), accepts),
        dictionaries=_dictionaries(document),
        web=build_web(data["web"], base),
    )


def _dictionaries(document: Document) -> tuple[Path, ...]:
    """Return the dictionaries of settings, or the usual ones; the operator's own in raddb may be missing then."""
    base = document.file.absolute().parent
    named = document.keys().get("dictionaries")
    if isinstance(named, list):
        return tuple(base / name for name in named if isinstance(name, str))
    usual, own = schema("settings")["properties"]["dictionaries"]["default"][0], RADDB / "dictionary"
    return (Path(usual), *([own] if os.access(own, os.F_OK) else []))


def _nas(data: dict[str, Any], base: Path) -> Nas:
    read = {
        "nas": tuple(data["nas"]),
        "secret_file": base / data["secret_file"],
        "profile": profile_of(data, base),
        "coa_address": str(ip_address(data["coa_address"])) if "coa_address" in data else "",
        "methods": tuple(data.get("methods", ())),
    }
    return Nas(**{**data, **read})
