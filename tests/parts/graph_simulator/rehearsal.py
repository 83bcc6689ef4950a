"""Plays Microsoft's sign-in host and Graph for radtune on this machine, with made-up devices and faults on demand.

It needs no tenant and no Internet: it prints the intune section to put into a file of settings.d, and serves until
Ctrl-C.
It runs from a checkout of radtune's sources and is not installed.

While it runs, PATCH URL/simulator/devices/ID changes properties of a device, PUT adds or replaces it, and DELETE
removes it: see docs/simulator.md.
"""

import argparse
import errno
import grp
import os
import secrets
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Final

from parts.graph_simulator import fault_spec
from parts.graph_simulator.fleet import LATEST
from parts.graph_simulator.options import add_tenant_options, more_tenants, tenant_setup
from parts.graph_simulator.requests_seen import SeenRequest
from parts.graph_simulator.simulator import Simulator
from parts.graph_simulator.tenant import Tenant

PROGRAM: Final = "radtune-graph-simulator"
PORT: Final = 8443
SECRET_FILE: Final = "client-secret"
SERVER_GROUP: Final = "freerad"
CONTROL: Final = """\
While it runs, its control interface below {url}/simulator/ changes a device (ID is its id, as radtune devices --columns
name,id shows it), takes other faults, and lists what it was asked:
  curl --cacert {ca} -X PATCH -d '{{"complianceState": "noncompliant"}}' {url}/simulator/devices/ID
  curl --cacert {ca} -X PUT -d '{{"faults": ["request=token:aadsts=7000215"]}}' {url}/simulator/faults
  curl --cacert {ca} {url}/simulator/requests"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until Ctrl-C or SIGTERM and give the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    # Blocked before any thread starts, so that they all leave the signals to sigwait below.
    signals = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    with ExitStack() as stack:
        try:
            directory = options.directory or Path(
                stack.enter_context(tempfile.TemporaryDirectory(prefix=f"{PROGRAM}-"))
            )
            secret = _prepare(directory)
            # The last check-ins were just now, as a policy that asks for them wants.
            lag = int(LATEST.timestamp() - time.time())
            setups = (tenant_setup(options, secret), *more_tenants(options.tenants))
            tenants = [replace(each, check_in_lag=each.check_in_lag + lag).build() for each in setups]
            simulator = Simulator(directory, tenants=tenants, port=options.port, identity=options.identity)
            simulator.ca_file.chmod(0o644)
        except (OSError, ValueError) as error:
            in_use = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
            parser.error(f"port {options.port} is in use; choose another by --port" if in_use else str(error))
        if not options.quiet:
            for tenant in tenants:
                tenant.seen.listener = _show
        stack.enter_context(simulator)
        print(_introduction(simulator, directory), flush=True)
        signal.sigwait(signals)
        print(f"\n{_summary(tenants)}", flush=True)
    return 0


def _prepare(directory: Path) -> str:
    """Make the directory and its secret, which radtune's user may read, and nobody else but root; give the secret."""
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o755)
    file = directory / SECRET_FILE
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(f"{secrets.token_urlsafe(24)}\n")
    file.chmod(0o640)
    if os.geteuid() == 0 and (group := _group()) is not None:
        os.chown(file, 0, group)
    return file.read_text().strip()


def _group() -> int | None:
    try:
        return grp.getgrnam(SERVER_GROUP).gr_gid
    except KeyError:
        return None


def _introduction(simulator: Simulator, directory: Path) -> str:
    tenant, place = simulator.tenants[0], directory.resolve()
    lines = [
        f"{len(tenant.devices)} devices are served. Put this section into a file of settings.d, beside settings.yaml:",
        "",
        "intune:",
        f"  - tenant: {tenant.name}",
        f"    client_id: {tenant.app.client_id}",
        f"    client_secret_file: {place / SECRET_FILE}",
        f"    authority: {simulator.url}",
        f"    graph: {simulator.url}",
        f"    ca_file: {simulator.ca_file.resolve()}",
        "",
        *(f"More: tenant {each.name}, client_id {each.app.client_id}" for each in simulator.tenants[1:]),
        *(f"Fault: {state.fault}" for state in tenant.faults.state()),
        *([f"Managed identity: {simulator.identity_url}"] if simulator.identity_url else []),
        CONTROL.format(url=simulator.url, ca=simulator.ca_file.resolve()),
        "",
        "Serving until Ctrl-C.",
    ]
    return "\n".join(lines)


def _show(seen: SeenRequest) -> None:
    page = "" if seen.page is None else f" page {seen.page}"
    fault = "" if seen.fault is None else f"   <- {seen.fault}"
    print(f"{seen.status or 'reset'} {seen.kind}{page}{fault}", flush=True)


def _summary(tenants: Sequence[Tenant]) -> str:
    lines = []
    for tenant in tenants:
        counts = ", ".join(f"{count} {kind}" for kind, count in sorted(tenant.seen.counts().items())) or "no requests"
        lines.append(f"{tenant.name}: {counts}")
        lines += [f"  {state.fault}: happened {state.happened} times" for state in tenant.faults.state()]
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        description=__doc__,
        epilog=fault_spec.GRAMMAR,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--tenant", default="contoso.example", metavar="NAME", help="default: contoso.example")
    add("--client-id", default="6f1d6c1e-4a36-4c8e-9f0b-3d7a51d1a001", metavar="ID", help="has a default")
    add("--port", type=int, default=PORT, help=f"TCP port on 127.0.0.1, 0 for a free one; default: {PORT}")
    add(
        "--directory",
        type=Path,
        metavar="DIR",
        help=f"where ca.pem and {SECRET_FILE} go and stay; default: a temporary one",
    )
    add("--tenants", type=Path, metavar="FILE", help="JSON file with a list of more tenants")
    add("--identity", choices=("imds", "arc"), help="add a managed identity, as on a virtual machine or by Azure Arc")
    add("--quiet", action="store_true", help="don't print a line for each request")
    add_tenant_options(parser)
    parser.set_defaults(devices=1000)
    return parser


if __name__ == "__main__":
    sys.exit(main())
