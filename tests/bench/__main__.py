"""`python -m bench`: what a login costs the server, in CPU time, beside other ways to look a client up.

Exits with 1, and says why, where a login got another answer than it should or anything else went wrong.
"""

import argparse
import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from bench.clients import Client, admitted, clients, draw
from bench.errors import BenchError
from bench.measure import Row
from bench.report import mebibytes, table
from bench.stores import RadtuneHome, Redis, fill_sqlite, size_on_disk
from bench.traffic import IN_FLIGHT, SENDERS, write_traffic
from bench.variants import variants
from parts.freeradius import FreeRADIUS
from parts.pki import Authority
from parts.raddb import Layout, edit, server_directory

SECRET = "testing123"
MEASURED = """\
One login is one request and one Access-Accept: MAC authentication bypass, PAP with the MAC as name and password. Its
cost is the CPU time, user and system, of the server's process; what a helper process spends on it is shown beside it,
and the ratios leave it out. Each row is the median of {rounds} rounds of {requests} logins each, after one round that
doesn't count, and each ratio the median of the rounds' ratios. In a round every variant gets the same logins, one
variant after the other; who logs in is drawn at random from {clients} clients. All servers run, and those that aren't
being measured are idle. {senders} radclients with {in_flight} requests each drive a server, and every answer was
checked for its VLAN. radtune also records a session and an event for each login, and they were counted afterwards.
All sites are the same but for one; the rows without a letter show where the cost comes from."""


def main() -> int:
    """Run the benchmark and give the exit code."""
    options = _options()
    # As Ctrl-C does, so that no server is left behind.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(128 + signal.SIGTERM))
    try:
        with server_directory() as directory, ExitStack() as running:
            _bench(directory, options, running)
    except (BenchError, OSError, RuntimeError, ValueError, subprocess.SubprocessError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--devices", type=_positive, default=100_000, help="devices in the stores; default: %(default)s"
    )
    parser.add_argument("--requests", type=_positive, default=20_000, help="logins a round; default: %(default)s")
    parser.add_argument("--rounds", type=_positive, default=5, help="rounds that count; default: %(default)s")
    parser.add_argument(
        "--seed", type=int, default=0, help="seed of the fleet and of who logs in; default: %(default)s"
    )
    return parser.parse_args()


def _positive(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"{text}: at least 1 is needed")
    return number


def _bench(directory: Path, options: argparse.Namespace, running: ExitStack) -> None:
    _tell(f"filling three stores with {options.devices} devices")
    known = clients(options.devices, options.seed)
    sqlite_file = directory / "devices.sqlite"
    fill_sqlite(sqlite_file, known)
    redis = running.enter_context(Redis(directory))
    redis.fill(known)
    home = RadtuneHome(directory / "home")
    home.fill(options.devices, options.seed)

    _tell("starting the servers")
    credentials = Authority("radtune bench")
    layout = Layout(
        credentials.certificate_pem,
        credentials.issue_server("radius.example"),
        home.settings,
        secret=SECRET,
        changes=(_log_no_logins,),
    )
    rows = []
    for number, variant in enumerate(variants(sqlite_file, redis.port)):
        place = directory / f"server-{number}"
        place.mkdir()
        server = running.enter_context(FreeRADIUS(place, variant.laid_out(layout), debug=False))
        rows.append(Row(variant, server, redis.pid if variant.key == "c" else None))

    may = admitted(known)
    asked = _measure(rows, directory, options, may)
    _check_records(home, asked, "".join(row.server.log for row in rows if row.variant.key == "d"))
    print(table(rows))
    print()
    print(MEASURED.format(**vars(options), clients=len(may), senders=SENDERS, in_flight=IN_FLIGHT))
    print(
        f"Stores: {options.devices} devices; SQLite {mebibytes(size_on_disk(sqlite_file))}, "
        f"Redis {mebibytes(redis.memory)} of memory, radtune's devices {mebibytes(size_on_disk(home.device_store))} "
        f"and {len(set(asked))} sessions {mebibytes(size_on_disk(home.session_store))}."
    )


def _measure(rows: Sequence[Row], directory: Path, options: argparse.Namespace, may: Sequence[Client]) -> list[Client]:
    """Run the rounds; give the clients that each variant was asked for, in all."""
    secret = directory / "secret"
    secret.write_text(f"{SECRET}\n")
    asked: list[Client] = []
    for number in range(options.rounds + 1):
        _tell(f"round {number} of {options.rounds}" if number else "a round that doesn't count")
        drawn = draw(may, options.requests, f"{options.seed}/{number}")
        traffic = write_traffic(directory / "traffic", drawn)
        for row in rows:
            row.run(traffic, secret, counts=number > 0)
        asked += drawn
    return asked


def _check_records(home: RadtuneHome, asked: Sequence[Client], log: str) -> None:
    """Make sure that radtune has recorded what it was asked, for that is part of its cost."""
    events = home.events.read_bytes().count(b"\n")
    sessions = len(json.loads(home.ask("sessions", "--limit", str(len(asked) + 1))))
    if (events, sessions) != (len(asked), len(set(asked))):
        found, wanted = f"{events} events and {sessions} sessions", f"{len(asked)} logins of {len(set(asked))} clients"
        raise BenchError(f"radtune has recorded {found} of {wanted}:\n{log}")


def _log_no_logins(raddb: Path) -> None:
    """Turn the log of logins off, as it is in Debian's own configuration."""
    edit(raddb / "radiusd.conf", (r"^\tauth = yes", "\tauth = no"))


def _tell(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
