"""Certificates of the server, and Microsoft: sign-in, permission, one device, and its clock."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

from radtune.config.settings import Settings
from radtune.config.tenants import Tenant
from radtune.errors import ConfigurationError, NotPermittedError, RadtuneError
from radtune.text import counted
from radtune_tools.doctor.raddb import Part, Raddb
from radtune_tools.doctor.report import Check, Private, moment, one_of
from radtune_tools.doctor.sites import tls_configs
from radtune_tools.graph.credential import WARN_DAYS, expires
from radtune_tools.graph.deadline import Deadline

MANY_CAS = 10
"""More CAs in one file are those of a whole system."""
CLOCK_SECONDS = 60
"""Seconds that this machine's clock may differ from Microsoft's."""
TENANT_SECONDS, ALL_SECONDS = 25.0, 100.0
"""Seconds for the questions about one tenant, and about all of them."""


def private_keys(raddb: Raddb) -> list[Path]:
    """Return the files of the server's private keys."""
    return [path for config in tls_configs(raddb) if (path := _file(raddb, config, "private_key_file")) is not None]


def check_certificates(found: Check, raddb: Raddb, now: float) -> None:
    """Note certificates of eap that end soon, and a file with too many CAs."""
    for config in tls_configs(raddb):
        for key, kind in (("certificate_file", "server_certificate"), ("ca_file", "ca_certificate")):
            file = _file(raddb, config, key)
            if file is None:
                if config.value(key):
                    found.unknown(
                        f"when a certificate expires: {config.file}: what {key} = {config.value(key)} stands for"
                    )
                continue
            with found.noting():
                _check_file(found, config, kind, file, now)


def _check_file(found: Check, config: Part, kind: str, file: Path, now: float) -> None:
    from radtune_tools.graph.certificate_file import pem_certificates, pem_end

    certificates, path = pem_certificates(file), Private("path", str(file))
    if kind == "ca_certificate" and len(certificates) > MANY_CAS:
        found.find("eap_ca", file=Private("path", str(config.file)), ca=path, count=len(certificates))
        return
    # Behind the server's own certificate stand those that vouch for it.
    ends = [pem_end(file, each) for each in (certificates[:1] if kind == "server_certificate" else certificates)]
    for end in ends:
        days = (end - datetime.fromtimestamp(now, UTC)).days
        if days < WARN_DAYS:
            when = "has expired on" if days < 0 else f"expires in {counted(days, 'day')}, on"
            found.find(kind, file=path, when=when, date=moment(f"{end:%Y-%m-%d}"), days=days)
    found.said = f"{found.said}; {file} until {min(ends):%Y-%m-%d}".removeprefix("; ")


def _file(raddb: Raddb, config: Part, key: str) -> Path | None:
    value = config.value(key)
    return raddb.expanded(value, raddb.directory / "radiusd.conf") if value else None


def check_microsoft(found: Check, tenant: Tenant, seconds: float) -> None:
    """Sign in and ask for one device, within `seconds`; note what fails, and a clock that differs."""
    from radtune_tools.link.proof import prove

    name = Private("tenant", tenant.name)
    found.fact("tenant", name)
    found.fact("credential", one_of(tenant.credential_kind, _CREDENTIALS))
    try:
        proof = prove(tenant, Deadline(seconds, "of radtune doctor"))
    except (NotPermittedError, ConfigurationError) as error:
        found.find("graph_refused", tenant=name, said=_without_tenant(tenant, error))
        return
    except RadtuneError as error:
        found.find("graph_unreachable", tenant=name, said=_without_tenant(tenant, error))
        return
    found.said = f"{tenant.name}: signed in, and listed a device" if proof.device else f"{tenant.name}: signed in"
    if proof.enrolled is not None:
        found.fact("enrolled", proof.enrolled)
    _check_clock(found, proof.date, time.time())


_CREDENTIALS = ("client secret", "certificate", "federated token", "managed identity (azure)", "managed identity (arc)")


def _without_tenant(tenant: Tenant, error: RadtuneError) -> str:
    return str(error).removeprefix(f"{tenant.name}: ")


def _check_clock(found: Check, date: str, now: float) -> None:
    try:
        ahead = now - parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError):
        found.unknown("whether this machine's clock is right: Graph tells no time")
        return
    found.fact("clock_ahead", round(ahead))
    if abs(ahead) > CLOCK_SECONDS:
        found.find("clock", seconds=round(abs(ahead)), way="ahead of" if ahead > 0 else "behind")


def unknown_ends(settings: Settings) -> Iterator[str]:
    """Yield a sentence for each credential whose end isn't in settings."""
    for tenant in settings.tenants:
        if tenant.client_secret_file is not None and expires(tenant) is None:
            yield f"when the client secret of {tenant.name} expires: write client_secret_expires into its entry"
