"""The two YAML files -> frozen objects."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from radtune.errors import ConfigurationError, NotPermittedError, Problem
from radtune.policy import Grant, Label, Policy, Rule, Term
from radtune.yamlfile import Document, KeyPath, each, read_document, seconds, unknown_label

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
    document = read_document(file, "settings")
    data: dict[str, Any] = document.data
    base = file.absolute().parent
    intune = _intune(document, base) if "intune" in data else None
    nas = tuple(_nas(item, base) for _, item in each(document, "nas"))
    _unique_nas(document, nas)
    document.raise_problems()
    return Settings(
        file=file.absolute(),
        store=base / data["store"],
        events=base / data["events"],
        policy=base / data["policy"],
        intune=intune,
        nas=nas,
        limits=Limits(**data.get("limits", {})),
    )


def _intune(document: Document, base: Path) -> Intune:
    data = document.data["intune"]

    def path(key: str) -> Path | None:
        return base / data[key] if key in data else None

    given = {key for key in ("client_secret_file", "certificate_file", "private_key_file") if key in data}
    if given not in ({"client_secret_file"}, {"certificate_file", "private_key_file"}):
        expected = "give either client_secret_file, or certificate_file and private_key_file"
        document.problem(("intune",), f"{expected}; found {', '.join(sorted(given)) or 'neither'}")
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
    address = data.get("address", "")
    return Nas(
        name=data["name"],
        address=address,
        identifier=data.get("identifier", ""),
        coa_address=data.get("coa_address", address),
        port=data.get("port", 3799),
        secret_file=base / data["secret_file"],
    )


def _unique_nas(document: Document, nas: tuple[Nas, ...]) -> None:
    for key in ("name", "address", "identifier"):
        seen: dict[str, str] = {}
        for index, entry in enumerate(nas):
            value = getattr(entry, key)
            if value and value in seen:
                document.problem(("nas", index, key), f"{value}: {seen[value]} has it already")
            seen.setdefault(value, entry.name)


def read_policy(file: Path) -> Policy:
    """Read policy.yaml; raises ConfigurationError with every fault, NotPermittedError."""
    document = read_document(file, "policy")
    data: dict[str, Any] = document.data
    kinds = {name: next(iter(label)) for name, label in data["labels"].items()}
    rules = tuple(_rule(document, path, rule, kinds) for path, rule in each(document, "rules"))
    seen: set[str] = set()
    for index, rule in enumerate(rules):
        if rule.name in seen or rule.name == "default":
            document.problem(("rules", index, "name"), f"{rule.name}: another rule has this name")
        seen.add(rule.name)
    default = data["default"]
    if isinstance(default, str):
        default = {"policy": default}
    grant = _grant(document, ("default",), default, kinds)
    document.raise_problems()
    return Policy(rules=rules, default=grant, stale_after=seconds(data.get("stale_after", "24h")))


def _rule(document: Document, path: KeyPath, rule: dict[str, Any], kinds: dict[str, str]) -> Rule:
    terms = []
    for index, item in enumerate(rule["match"]):
        name = item if isinstance(item, str) else item["not"]
        if _is_label(document, (*path, "match", index), name, kinds, result=False):
            states = document.data["labels"][name]["mdm_compliance"]
            label = Label(name, frozenset([states] if isinstance(states, str) else states))
            terms.append(Term(label, negated=not isinstance(item, str)))
    return Rule(rule["name"], tuple(terms), _grant(document, path, rule, kinds))


def _grant(document: Document, path: KeyPath, rule: dict[str, Any], kinds: dict[str, str]) -> Grant:
    vlan = ""
    for index, name in enumerate(rule.get("assign", ())):
        here = (*path, "assign", index)
        if rule["policy"] == "deny":
            document.problem(here, f"{name}: a rule that denies assigns nothing")
        elif _is_label(document, here, name, kinds, result=True):
            if vlan:
                document.problem(here, f"{name}: the rule assigns a VLAN already")
            vlan = str(document.data["labels"][name]["vlan"])
    return Grant(allow=rule["policy"] == "allow", vlan=vlan)


def _is_label(document: Document, path: KeyPath, name: str, kinds: dict[str, str], *, result: bool) -> bool:
    """Tell whether `name` is a label of the right kind, and note the fault where it isn't."""
    fitting = [label for label, kind in kinds.items() if (kind == "vlan") == result]
    if name not in kinds:
        document.problem(path, unknown_label(name, fitting))
    elif name not in fitting:
        use = "assign" if kinds[name] == "vlan" else "match"
        document.problem(path, f"{name} is a label of kind {kinds[name]}, which belongs into {use}")
    return name in fitting


def read_secret(file: Path, what: str) -> str:
    """Return what a secret's file holds, without the line end; `what` names the secret in messages.

    Raises NotPermittedError where the file can't be read or users outside its owner and group can, and
    ConfigurationError where it's missing, empty or holds more than one line (but for PEM).
    """
    try:
        with file.open(encoding="utf-8") as stream:
            mode = stat.S_IMODE(os.fstat(stream.fileno()).st_mode)
            text = stream.read().strip()
    except FileNotFoundError:
        raise ConfigurationError([Problem(file, 1, "", f"there is no such file; it has to hold {what}")]) from None
    except PermissionError as error:
        raise NotPermittedError(f"{file}: this user may not read {what}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError([Problem(file, 1, "", f"can't be read as {what}: {error}")]) from error
    if mode & 0o007:
        raise NotPermittedError(f"{file}: mode {mode:04o} lets every user have {what}; run: chmod o-rwx {file}")
    if not text or ("\n" in text and "-----BEGIN" not in text):
        raise ConfigurationError([Problem(file, 1, "", f"expected {what} on one line, and nothing else")])
    return text
