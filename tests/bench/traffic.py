"""MAC logins by several radclients at once; every reply is checked for its VLAN."""

import re
import shutil
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from bench.clients import Client
from bench.errors import BenchError
from bench.variants import FIXED_VLAN
from parts.freeradius import FreeRADIUS
from parts.radius_client import PROGRAM

SENDERS = 4
"""radclients that run at the same time, so that the server is busy."""
IN_FLIGHT = 8
"""Requests that one radclient has under way; it waits for all of them before it sends the next."""
PER_FILE = 500
"""Requests for one run of radclient. It looks through all of them again and again, and is slow with many."""
REPLY_SECONDS = 20
RUN_SECONDS = 600
SHOWN = 1000

REQUEST = """\
User-Name = "{mac}"
User-Password = "{mac}"
Calling-Station-Id = "{dashed}"
Service-Type = Call-Check
NAS-IP-Address = {nas}
"""
# radclient fails a reply that lacks one of these, says another value or has an attribute that isn't named.
EXPECTED = """\
Response-Packet-Type == Access-Accept
Tunnel-Type:0 == VLAN
Tunnel-Medium-Type:0 == IEEE-802
Tunnel-Private-Group-Id:0 == "{vlan}"
Message-Authenticator =* ANY
"""
PASSED = re.compile(r"^\tPassed filter : (\d+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Packets:
    """Files for one run of radclient: requests, the replies that policy gives to them, and replies of a fixed VLAN."""

    requests: Path
    by_policy: Path
    fixed: Path
    count: int


def write_traffic(directory: Path, clients: Sequence[Client]) -> list[Packets]:
    """Write the logins of these clients, one each, into `directory`; what was there is gone."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    return [
        _write(directory / str(start), clients[start : start + PER_FILE]) for start in range(0, len(clients), PER_FILE)
    ]


def _write(stem: Path, clients: Sequence[Client]) -> Packets:
    packets = Packets(
        stem.with_suffix(".requests"), stem.with_suffix(".policy"), stem.with_suffix(".fixed"), len(clients)
    )
    packets.requests.write_text("\n".join(map(_request, clients)))
    packets.by_policy.write_text("\n".join(EXPECTED.format(vlan=client.vlan) for client in clients))
    packets.fixed.write_text("\n".join(EXPECTED.format(vlan=FIXED_VLAN) for _ in clients))
    return packets


def _request(client: Client) -> str:
    dashed = "-".join(client.mac[place : place + 2] for place in range(0, 12, 2)).upper()
    return REQUEST.format(mac=client.mac, dashed=dashed, nas=client.nas)


def send(traffic: Sequence[Packets], server: FreeRADIUS, secret: Path, *, fixed: bool) -> None:
    """Send it all once and wait for the replies; BenchError unless each of them is the one expected."""
    with ThreadPoolExecutor(SENDERS) as senders:
        runs = [senders.submit(_radclient, packets, server, secret, fixed=fixed) for packets in traffic]
        try:
            for run in runs:
                run.result()
        finally:
            senders.shutdown(cancel_futures=True)


def _radclient(packets: Packets, server: FreeRADIUS, secret: Path, *, fixed: bool) -> None:
    options = ["-q", "-s", "-r", "1", "-t", str(REPLY_SECONDS), "-p", str(IN_FLIGHT), "-S", str(secret)]
    files = f"{packets.requests}:{packets.fixed if fixed else packets.by_policy}"
    done = subprocess.run(
        [PROGRAM, *options, "-f", files, f"{server.address}:{server.auth_port}", "auth"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=RUN_SECONDS,
    )
    passed = PASSED.search(done.stdout)
    if done.returncode != 0 or passed is None or int(passed[1]) != packets.count:
        said = (done.stdout + done.stderr)[:SHOWN]
        raise BenchError(f"not all of {packets.count} logins got the answer that they should:\n{said}")
