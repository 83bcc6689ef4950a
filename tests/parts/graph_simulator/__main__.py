"""The simulator as a program: prints `listening URL` once it answers; SIGTERM or SIGINT ends it with exit code 0."""

import argparse
import itertools
import json
import signal
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from parts.graph_simulator.app import App
from parts.graph_simulator.fleet import fleet
from parts.graph_simulator.process import READY
from parts.graph_simulator.simulator import TOKEN_LIFETIME, Simulator


def main() -> None:
    """Run until told to end."""
    options = _parser().parse_args()
    # Blocked before any thread starts, so that they all leave the signals to sigwait below.
    signals = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    app = App(
        options.client_id,
        secret=options.client_secret_file.read_text().strip() if options.client_secret_file else None,
        secret_expired=options.secret_expired,
        certificates=tuple(path.read_bytes() for path in options.client_certificate),
    )
    if options.without_consent:
        app.roles = frozenset()
    given: Iterable[dict[str, Any]] = json.loads(options.fleet.read_bytes()) if options.fleet else ()
    devices = itertools.chain(fleet(options.devices, options.seed), given)
    with Simulator(
        options.directory,
        tenant=options.tenant,
        app=app,
        devices=devices,
        token_lifetime=options.token_lifetime,
        port=options.port,
    ) as simulator:
        print(f"{READY}{simulator.url}", flush=True)
        signal.sigwait(signals)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m parts.graph_simulator", description=__doc__)
    add = parser.add_argument
    add("--directory", type=Path, required=True, help="where ca.pem and the server's certificate are written")
    add("--port", type=int, default=0, help="TCP port on 127.0.0.1; default: a free one")
    add("--tenant", required=True, help="tenant id or name in the authority URL")
    add("--client-id", required=True, help="application id of the one app registration")
    add("--client-secret-file", type=Path, help="file with the app's secret")
    add("--client-certificate", type=Path, action="append", default=[], help="PEM certificate of the app; repeatable")
    add("--secret-expired", action="store_true", help="treat the secret as expired")
    add("--without-consent", action="store_true", help="give tokens without a role, which Graph answers with 403")
    add("--token-lifetime", type=int, default=TOKEN_LIFETIME, help="seconds an access token is valid; default: 3599")
    add("--devices", type=int, default=0, help="number of generated devices")
    add("--seed", type=int, default=0, help="seed of the generated devices")
    add("--fleet", type=Path, help="JSON file with a list of managedDevice objects to add")
    return parser


if __name__ == "__main__":
    main()
