"""The simulator as a program: prints `listening URL` once it answers; SIGTERM or SIGINT ends it with exit code 0."""

import argparse
import signal
from pathlib import Path

from parts.graph_simulator import fault_spec
from parts.graph_simulator.options import add_tenant_options, more_tenants, tenant_setup
from parts.graph_simulator.process import READY
from parts.graph_simulator.simulator import Simulator


def main() -> None:
    """Run until told to end."""
    parser = _parser()
    options = parser.parse_args()
    # Blocked before any thread starts, so that they all leave the signals to sigwait below.
    signals = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        setups = more_tenants(options.tenants)
        if options.tenant:
            secret = options.client_secret_file.read_text().strip() if options.client_secret_file else None
            setups.insert(0, tenant_setup(options, secret))
        tenants = [setup.build() for setup in setups]
    except (OSError, ValueError) as error:
        parser.error(str(error))
    if not tenants:
        parser.error("name a tenant by --tenant and --client-id, or by --tenants")
    with Simulator(options.directory, tenants=tenants, port=options.port, identity=options.identity) as simulator:
        print(f"{READY}{simulator.url}", flush=True)
        signal.sigwait(signals)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m parts.graph_simulator",
        description=__doc__,
        epilog=fault_spec.GRAMMAR,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--directory", type=Path, required=True, help="where ca.pem and the server's certificate are written")
    add("--port", type=int, default=0, help="TCP port on 127.0.0.1; default: a free one")
    add("--tenant", help="tenant id or name in the authority URL")
    add("--client-id", help="application id of the tenant's app registration")
    add("--client-secret-file", type=Path, metavar="FILE", help="file with the app's secret")
    add("--tenants", type=Path, metavar="FILE", help="JSON file with a list of (more) tenants")
    add("--identity", choices=("imds", "arc"), help="add a managed identity, as on a virtual machine or by Azure Arc")
    add_tenant_options(parser)
    return parser


if __name__ == "__main__":
    main()
