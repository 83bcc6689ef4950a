"""The whole examination: first as the caller, then with the rights of the server's user; each check in bounded time."""

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from radtune.config.settings import Settings, read_settings
from radtune.dataclass import dataclass
from radtune.errors import RadtuneError
from radtune.file_access import is_missing
from radtune.server.state import CODE
from radtune_tools import user_and_lock
from radtune_tools.doctor.credentials import (
    ALL_SECONDS,
    TENANT_SECONDS,
    check_certificates,
    check_microsoft,
    private_keys,
)
from radtune_tools.doctor.data import check_data, check_policy, check_settings, check_status
from radtune_tools.doctor.files import check_files
from radtune_tools.doctor.machine import check_machine
from radtune_tools.doctor.module import check_module, python_path
from radtune_tools.doctor.network_devices import check_coa, check_network_devices
from radtune_tools.doctor.paths import DEFAULTS
from radtune_tools.doctor.raddb import Raddb
from radtune_tools.doctor.report import Check, Private, Report, look
from radtune_tools.doctor.server import check_interpreter, check_programs, check_running
from radtune_tools.doctor.sites import check_eap, check_sites
from radtune_tools.graph.deadline import Deadline

LONG, COA_SECONDS = 60.0, 120.0
"""Seconds for what reads every session, and for the questions to NASes."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is examined.

    settings_file: the command's settings
    raddb: the server's configuration directory
    offline: ask nobody at Microsoft
    coa: ask each NAS
    """

    settings_file: Path
    raddb: Path
    offline: bool = False
    coa: bool = False


def examine(subject: Subject) -> Report:
    """Look at everything. After what only root can see, root becomes the store's owner, for good."""
    checks = list(_of_installation(subject))
    return Report([*checks, *_of_data(subject)])


def _of_installation(subject: Subject) -> Iterator[Check]:
    """Yield the checks of programs, configuration and files, with the caller's rights."""
    now, settings, raddb = time.time(), _settings(subject), None
    yield look("programs", check_programs)
    found: list[Raddb] = []
    yield look("configuration", partial(_read, subject, found))
    if found:
        raddb = found[0]
        yield look("eap", partial(check_eap, raddb=raddb))
        yield look("sites", partial(check_sites, raddb=raddb))
        yield look("certificates", partial(check_certificates, raddb=raddb, now=now))
    yield look(
        "interpreter",
        partial(check_interpreter, python_path=(python_path(raddb) if raddb else []) or [str(CODE.parent)]),
    )
    places, keys = _places(subject, settings), private_keys(raddb) if raddb else []
    yield look("files", partial(check_files, places=places, settings=settings, keys=keys))
    yield look("machine", partial(check_machine, directories=[Path(places["store"]), Path(places["events"]).parent]))


def _settings(subject: Subject) -> Settings | None:
    try:
        return read_settings(subject.settings_file)
    except RadtuneError:
        return None


def _read(subject: Subject, raddbs: list[Raddb], found: Check) -> None:
    """Read the server's configuration, and look for what switches radtune on."""
    main = subject.raddb / "radiusd.conf"
    if is_missing(main):
        found.find("raddb_missing", file=Private("path", str(main)))
        return
    raddb = Raddb(subject.raddb)
    for each in raddb.obscure:
        found.unknown(each)
    raddbs.append(raddb)
    check_module(found, raddb, subject.settings_file)


def _places(subject: Subject, settings: Settings | None) -> dict[str, str]:
    """Return the places of this installation."""
    places = {**DEFAULTS, "lib": str(CODE.parent), "bin": str(CODE.parents[2] / "bin"), "raddb": str(subject.raddb)}
    places["settings"] = str(subject.settings_file.absolute().parent)
    return places if settings is None else {**places, "store": str(settings.store), "events": str(settings.events)}


def _of_data(subject: Subject) -> Iterator[Check]:
    """Yield the checks of settings and data, with the rights of the store's owner if root calls."""
    first, now = look("settings", partial(check_settings, file=subject.settings_file)), time.time()
    yield first
    settings = _settings(subject)
    if settings is None:
        return
    try:
        user_and_lock.become_store_owner(settings.store)
        settings = read_settings(subject.settings_file)
    except RadtuneError as error:
        first.unknown(f"what is in the stores, and whether the tenants can be reached: {error}", "store")
        return
    yield look("policy", partial(check_policy, settings=settings))
    yield look("status", partial(check_status, settings=settings, now=now), LONG)
    yield look("running", partial(check_running, settings=settings))
    yield look("data", partial(check_data, settings=settings, now=now), LONG)
    yield look("network devices", partial(check_network_devices, settings=settings, now=now), LONG)
    if subject.coa:
        yield look("coa", partial(check_coa, settings=settings), COA_SECONDS)
    if not subject.offline:
        yield from _of_microsoft(settings)


def _of_microsoft(settings: Settings) -> Iterator[Check]:
    deadline = Deadline(ALL_SECONDS)
    for tenant in settings.tenants:
        seconds = min(TENANT_SECONDS, deadline.left())

        yield look("microsoft", partial(check_microsoft, tenant=tenant, seconds=seconds), seconds + 5)
