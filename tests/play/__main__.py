"""`make play`: exit code 0 once it was ended by Ctrl-C, SIGTERM or a closed terminal."""

import os
import sys
from pathlib import Path
from typing import NoReturn

from parts.access_network import AccessNetwork
from parts.office import CLIENT_ID, TENANT, Office
from parts.raddb import server_directory
from parts.stock import NoStockError
from play.company import (
    COA_SECRET,
    FLEET,
    POLICY,
    USERS,
    clients,
    write_settings,
)
from play.ending import Ending
from play.page import news, page, told, write_commands

LOOK_SECONDS = 0.2


def main() -> int:
    """Play until told to end; return the exit code."""
    if os.geteuid() != 0:
        print("make play: it wants root, to read FreeRADIUS's files and to run it as its own user", file=sys.stderr)
        return 1
    ending = Ending()
    try:
        with server_directory() as directory:
            run(directory, ending)
    except KeyboardInterrupt:
        pass
    except (OSError, RuntimeError, NoStockError) as error:
        if not ending.asked:  # Ctrl-C at a terminal also ends the program that is being started
            print(f"make play: {error}", file=sys.stderr)
            return 1
    print("\nEnded; nothing is left.", flush=True)
    return 0


def run(directory: Path, ending: Ending) -> NoReturn:
    """Start everything in `directory`, then tell what happens; raises KeyboardInterrupt at the end."""
    print(f"Playing in {directory}. This takes some ten seconds.\n", flush=True)
    with (
        Office(directory, FLEET, policy=POLICY, users=USERS, synced=False, debian=True, debug=False) as office,
        AccessNetwork(office.client, COA_SECRET) as network,
    ):
        started("Intune, simulated", f"{office.intune.url}, {len(FLEET)} device records")
        ending.check()
        write_settings(office, network)
        link(office)
        started("radtune link", f"{TENANT} is in settings.d")
        ending.check()
        office.radtune("sync", expect=0)
        started("radtune sync", f"{len(office.ask('devices'))} device records in the store")
        ending.check()
        with office.server as server:
            ports = f"port {server.auth_port} for logins, {server.acct_port} for accounting"
            started("FreeRADIUS", f"{server.address}, {ports}")
            for client in clients(office):
                ending.check()
                network.connect(client)
                started(client.name, f"connected at {client.nas.identifier} by {client.method}")
            write_commands(office, directory / "bin")
            print(page(office, directory / "bin"), flush=True)
            tell(office, network, ending)


def tell(office: Office, network: AccessNetwork, ending: Ending) -> NoReturn:
    """Tell what happens until the end; the NASes learn of the clients that somebody logs in by hand."""
    with office.events_file.open() as events:
        while True:
            for event in news(events):
                print(told(event), flush=True)
                if event["event"] == "login_allowed":
                    network.let_in(event["mac"], event["nas"])
            ending.check(LOOK_SECONDS)


def started(name: str, text: str) -> None:
    """Say that a part is there."""
    print(f"  {name:18} {text}", flush=True)


def link(office: Office) -> None:
    """Link the tenant; its administrator has consented already."""
    urls = ("--authority", office.intune.url, "--graph", office.intune.url, "--ca-file", str(office.intune.ca_file))
    secret = str(office.settings_file.with_name("intune-secret"))
    words = ("--tenant", TENANT, "--client-id", CLIENT_ID, "--client-secret-file", secret, "--consented", *urls)
    office.radtune("link", *words, expect=0)


if __name__ == "__main__":
    sys.exit(main())
