"""What whoever plays reads: the lines to type, and what happens meanwhile."""

import json
import os
import pwd
import shlex
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from parts.access_network import digits
from parts.office import Office, mac_of
from parts.radius_client import mac_login
from play.company import ACCESS_POINT, SHARED_MAC, with_certificate

TELL_WHY = ("login_denied", "quarantined", "released")
PAGE = """\

Type this in another terminal as {user}, one line after the other:

    export PATH={bin}:$PATH

What radtune knows, and how it is doing:

    radtune devices
    radtune sessions
    radtune status

Log in yourself: by MAC, with a certificate, and with a MAC that two laptops share, which is refused:

    echo {by_mac} |
        radclient -x {auth} auth {secret}
    eapol_test -c {network} -p {port} -s {secret} -M {mac} -N 32:s:{nas} |
        tail -1
    echo {by_shared_mac} |
        radclient -x {auth} auth {secret}
    radtune events --limit 3
    radtune explain {shared_mac}

LAPTOP-1 stops being compliant, and its switch is told to let it log in again; then it comes back to health:

    intune LAPTOP-1 noncompliant
    radtune sync
    radtune plan
    radtune apply
    intune LAPTOP-1 compliant
    radtune sync --apply

Another VLAN in Berlin. The server takes the edited policy up by itself, some seconds later; until then apply refuses:

    sed -i 's/berlin: 20/berlin: 21/' {policy}
    radtune policy check
    radtune plan
    until radtune apply; do sleep 1; done

Quarantine by hand:

    radtune quarantine PHONE-3 --reason 'lost on the train'
    radtune sessions PHONE-3
    radtune release PHONE-3

docs/play.md says more. Below is what happens at the server. Ctrl-C ends all of it and leaves nothing behind.
"""


def write_commands(office: Office, directory: Path) -> None:
    """Write the commands `radtune` and `intune`, which need no more than a PATH."""
    variables = {name: office.environment[name] for name in ("PYTHONPATH", "RADTUNE_SETTINGS")}
    tests = str(Path(__file__).resolve().parents[1])
    python, *radtune = office.command()
    intune = ["-m", "play.intune", "--url", office.intune.url, "--ca-file", str(office.intune.ca_file)]
    directory.mkdir()
    # -P: what lies in the directory where somebody types the command is none of Python's modules.
    _write_command(directory / "radtune", variables, [python, "-P", *radtune])
    _write_command(directory / "intune", {"PYTHONPATH": tests}, [sys.executable, "-P", *intune])


def _write_command(file: Path, variables: dict[str, str], command: list[str]) -> None:
    assigned = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())
    file.write_text(f'#!/bin/sh\n{assigned}exec {shlex.join(command)} "$@"\n')
    file.chmod(0o755)


def page(office: Office, commands: Path) -> str:
    """Give what to type."""
    server = office.server
    network = office.directory / "eapol_test.conf"
    network.write_text(with_certificate(office, 6).network())
    return PAGE.format(
        user=pwd.getpwuid(os.geteuid()).pw_name,
        bin=commands,
        auth=f"{server.address}:{server.auth_port}",
        port=server.auth_port,
        secret=server.secret,
        network=network,
        nas=ACCESS_POINT.identifier,
        by_mac=_mac_login(mac_of(5)),
        mac=mac_of(6),
        by_shared_mac=_mac_login(SHARED_MAC),
        shared_mac=digits(SHARED_MAC),
        policy=office.policy_file,
    )


def _mac_login(mac: str) -> str:
    """Give what radclient is told to send."""
    pairs = (*mac_login(digits(mac)), ("NAS-Identifier", ACCESS_POINT.identifier))
    return ",".join(f"{name}={value!s}" for name, value in pairs)


def news(events: IO[str]) -> Iterator[dict[str, Any]]:
    """Give each client event that was written since the last time."""
    while line := events.readline():
        yield json.loads(line)


def told(event: dict[str, Any]) -> str:
    """Give the line that tells of an event."""
    at = datetime.fromisoformat(event["time"]).astimezone()
    who, nas = event.get("device") or event.get("mac", ""), event.get("nas", "")
    why = event["reason"] if event["event"] in TELL_WHY else event.get("rule", "")
    return f"{at:%H:%M:%S}  {event['event']:14}  {who:12}  {nas:8}  {event.get('outcome', ''):8}  {why}".rstrip()
