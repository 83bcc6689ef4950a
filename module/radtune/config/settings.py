"""settings.yaml -> Settings, and the files of secrets that it names."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from types import MappingProxyType
from typing import Any

from radtune.config.label_file import PolicyContext
from radtune.config.move_settings import MoveSettings, build_moves, check_windows
from radtune.config.nas_entries import DEFAULT_PROFILE, accepts, check_profiles, entry_lists, profile_of
from radtune.config.nas_lists import check_nas_lists
from radtune.config.nas_profile import Profile
from radtune.config.policy_file import check_policy, read_policy
from radtune.config.schema import check_schema
from radtune.config.settings_files import read_settings_files
from radtune.config.tenants import Tenant, build_tenants, check_tenants
from radtune.config.yaml_file import Document
from radtune.errors import ConfigurationError
from radtune.installation import RADDB
from radtune.policy.decide import Policy
from radtune.policy.nas_directory import NasDirectory, NasList, nas_network
from radtune.policy.patterns import duration

DICTIONARY = Path("/usr/share/freeradius/dictionary")
OWN_DICTIONARY = Path("../../dictionary")
"""FreeRADIUS's own dictionary, and the operator's in raddb as seen from settings.yaml."""
DEFAULT_SETTINGS = RADDB / "mods-config/radtune/settings.yaml"


@dataclass(frozen=True, slots=True)
class Nas:
    """Some NASes that take a CoA.

    `nas` are addresses, networks and patterns of NAS-Identifiers. A CoA goes to `coa_address`, or where that is '' to
    the NAS's own address; to `port`, or where that is 0 to the profile's. `profile` is a name, or an absolute file
    that ends in .yaml or .yml; `methods` picks and orders its methods, where any are given. `rate` is how many packets
    a second one NAS may be sent.
    """

    name: str
    nas: tuple[str, ...]
    secret_file: Path
    coa_address: str = ""
    port: int = 0
    profile: str = DEFAULT_PROFILE
    methods: tuple[str, ...] = ()
    rate: int = 20

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
    """What one run may do without a person's word: so many, or such a share, whichever is more."""

    devices_gone: int = 5
    devices_gone_percent: float = 10.0
    devices_turned: int = 5
    devices_turned_percent: float = 10.0
    sessions_moved: int = 5
    sessions_moved_percent: float = 10.0
    sessions_restored: int = 5
    sessions_restored_percent: float = 10.0
    sessions_at_nas: int = 20
    sessions_at_nas_percent: float = 50.0


@dataclass(frozen=True, slots=True)
class SyncSettings:
    """How syncs go: `deadline` and `keep_gone` in seconds, `ping` a URL or ''."""

    deadline: int = 1800
    keep_gone: int = 14400
    ping: str = ""


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """When a session of which nobody says so is over: `silence` is in seconds."""

    silence: int = 604_800


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything in settings.yaml; paths are absolute."""

    file: Path
    store: Path
    events: Path
    policy: Path
    tenants: tuple[Tenant, ...]
    nas: tuple[Nas, ...]
    limits: Limits
    sync: SyncSettings
    moves: MoveSettings
    sessions: SessionSettings
    nas_directory: NasDirectory
    dictionaries: tuple[Path, ...]

    @property
    def policy_context(self) -> PolicyContext:
        """What the policy refers to."""
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


def read_configuration(file: Path) -> tuple[Settings, Policy]:
    """Read settings.yaml, and the profiles and the policy that it names.

    Raises ConfigurationError with every fault in all of them, NotPermittedError.
    """
    document = read_settings_files(file)
    dictionaries = _dictionaries(document)
    profiles = _check(document, PolicyContext(None, dictionaries))
    problems = list(document.problems)
    policy_file = document.data.get("policy") if isinstance(document.data, dict) else None
    # What the sites are called can't be known from settings with faults.
    around = PolicyContext(None if problems else _places(document.data, profiles), dictionaries)
    if isinstance(policy_file, str):
        try:
            found = check_policy(file.absolute().parent / policy_file, around).problems
        except ConfigurationError as error:
            found = list(error.problems)
        problems += [each for each in found if each not in problems]
    if problems:
        raise ConfigurationError(problems)
    settings = _build(document, profiles)
    return settings, read_policy(settings.policy, settings.policy_context)


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


def _check(document: Document, around: PolicyContext) -> dict[str, Profile]:
    """Note every fault; return the profiles of the entries under nas by their names."""
    check_schema(document, "settings")
    check_tenants(document)
    check_nas_lists(document)
    check_windows(document)
    return check_profiles(document, around)


def _build(document: Document, profiles: dict[str, Profile]) -> Settings:
    """Build the settings of a document without faults."""
    data: dict[str, Any] = document.data
    base = document.file.absolute().parent
    return Settings(
        file=document.file.absolute(),
        store=base / data["store"],
        events=base / data["events"],
        policy=base / data["policy"],
        tenants=build_tenants(data, base),
        nas=tuple(_nas(nas, base) for nas in data.get("nas", ())),
        limits=Limits(**data.get("limits", {})),
        sync=_sync(data.get("sync", {})),
        moves=build_moves(data.get("moves", {})),
        sessions=SessionSettings(duration(data.get("sessions", {}).get("silence", "7d"))),
        nas_directory=_places(data, profiles),
        dictionaries=_dictionaries(document),
    )


def _sync(data: dict[str, Any]) -> SyncSettings:
    return SyncSettings(
        deadline=duration(data.get("deadline", "30m")),
        keep_gone=duration(data.get("keep_gone", "4h")),
        ping=data.get("ping", ""),
    )


def _places(data: dict[str, Any], profiles: dict[str, Profile]) -> NasDirectory:
    def lists(key: str) -> tuple[NasList, ...]:
        return tuple(NasList(each["name"], tuple(each["nas"]), each.get("vendor", "")) for each in data.get(key, ()))

    wanted = accepts(profiles)
    return NasDirectory(lists("sites"), lists("nas_groups"), entry_lists(data["nas"]) if wanted else (), wanted)


def _dictionaries(document: Document) -> tuple[Path, ...]:
    """Return the dictionaries of settings, or the usual ones; the operator's own may be missing there."""
    base = document.file.absolute().parent
    named = document.keys().get("dictionaries")
    if isinstance(named, list):
        return tuple(base / name for name in named if isinstance(name, str))
    own = base / OWN_DICTIONARY
    return (DICTIONARY, *((own,) if own.exists() else ()))


def _nas(data: dict[str, Any], base: Path) -> Nas:
    return Nas(
        name=data["name"],
        nas=tuple(data["nas"]),
        secret_file=base / data["secret_file"],
        coa_address=str(ip_address(data["coa_address"])) if "coa_address" in data else "",
        port=data.get("port", 0),
        profile=profile_of(data, base),
        methods=tuple(data.get("methods", ())),
        rate=data.get("rate", 20),
    )
