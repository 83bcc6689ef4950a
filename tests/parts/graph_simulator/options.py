"""The options of the simulator's two programs, and the tenants that they describe."""

import argparse
import json
from pathlib import Path
from typing import Any

from parts.graph_simulator import fault_spec
from parts.graph_simulator.assertion import FederatedCredential
from parts.graph_simulator.roles import READ_DEVICES
from parts.graph_simulator.setup import TenantSetup
from parts.graph_simulator.tenant import TOKEN_LIFETIME


def add_tenant_options(parser: argparse.ArgumentParser) -> None:
    """Add what describes one tenant, but for its name and its app's id and secret."""
    add = parser.add_argument
    add(
        "--devices",
        type=int,
        default=0,
        metavar="N",
        help="number of generated devices, up to 1048576; default: %(default)s",
    )
    add("--seed", type=int, default=0, metavar="N", help="another seed, other devices; default: 0")
    add("--fleet", type=Path, metavar="FILE", help="JSON file with a list of managedDevice objects to add")
    add("--client-certificate", type=Path, action="append", default=[], metavar="FILE", help="PEM; repeatable")
    add(
        "--federated", type=Path, metavar="FILE", help="JSON: list of {issuer, subject, key, audience} that are trusted"
    )
    add("--secret-expired", action="store_true", help="treat the secret as expired")
    add("--without-consent", action="store_true", help="give tokens without a role, which Graph answers with 403")
    add("--role", action="append", metavar="NAME", help=f"a role of the app; repeatable; default: {READ_DEVICES}")
    add(
        "--redirect-uri", action="append", default=[], metavar="URI", help="where the consent page may lead; repeatable"
    )
    add("--token-lifetime", type=int, default=TOKEN_LIFETIME, metavar="SECONDS", help="default: 3599")
    add("--fault", action="append", default=[], metavar="SPEC", help="a fault, see below; repeatable")
    add("--faults", type=Path, metavar="FILE", help="file with a fault a line; # begins a comment")


def tenant_setup(options: argparse.Namespace, client_secret: str | None) -> TenantSetup:
    """Give the tenant that the options describe; OSError, ValueError (InvalidFaultError among them)."""
    for fault in options.fault:
        fault_spec.read(fault)
    return TenantSetup(
        options.tenant,
        options.client_id,
        client_secret=client_secret,
        client_certificates=tuple(path.read_bytes() for path in options.client_certificate),
        devices=options.devices,
        seed=options.seed,
        fleet=_json(options.fleet),
        consent=not options.without_consent,
        secret_expired=options.secret_expired,
        token_lifetime=options.token_lifetime,
        roles=tuple(options.role or [READ_DEVICES]),
        redirect_uris=tuple(options.redirect_uri),
        federated=tuple(FederatedCredential(**each) for each in _json(options.federated)),
        faults=(*options.fault, *(fault_spec.read_file(options.faults) if options.faults else ())),
    )


def more_tenants(file: Path | None) -> list[TenantSetup]:
    """Give the tenants of a JSON file; OSError, ValueError (InvalidSetupError among them)."""
    return [TenantSetup.from_json(given) for given in _json(file)]


def _json(file: Path | None) -> list[Any]:
    given = [] if file is None else json.loads(file.read_bytes())
    if not isinstance(given, list):
        raise ValueError(f"{file}: expected a list")  # noqa: TRY004  # one kind of error for all that a file has wrong
    return given
