"""Logins by EAP: radtune beside the same site with a fixed VLAN.

The supplicant is eapol_test, a process for each client. A resumed login is what a process costs the server that logs in
again and again, without what one costs that logs in once.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.clients import VLANS, clients
from bench.cpu import Compared, cpu_seconds, ratio
from bench.errors import BenchError
from bench.plan import Plan, tell
from bench.site import SECRET, Servers, Site
from bench.variants import FIXED_VLAN, fixed_eap, no_module
from parts.eapol import Supplicant, eap_login
from parts.graph_simulator.fleet import fleet
from parts.pki import Authority
from parts.raddb import TlsOptions

KEYS = ("eap-tls", "eap-ttls", "peap", "eap-tls-resumed")
FULL, RESUMED = KEYS[:-1], KEYS[-1]
FIXED = "a fixed VLAN"
AT_ONCE = 4
"""Supplicants at the same time, for full logins; they work as much as the server."""
AGAIN = 10
"""How often a client resumes its session; in between eapol_test waits for a tenth of a second."""
USERS = 'bob Cleartext-Password := "hello"\n'
STORE = ("Tunnel-Private-Group-Id", "Radtune-Inner-User-Name", "Radtune-Inner-Type")


@dataclass(frozen=True, slots=True)
class Station:
    """A device that logs in: its MAC, and the supplicant by method."""

    mac: str
    supplicants: Mapping[str, Supplicant]


def measure(plan: Plan) -> Iterator[Compared]:
    """Run the rounds and give the rows."""
    directory = plan.place("eap")
    authority = Authority("radtune bench")
    stations = list(stations_of(plan, authority, directory))
    homes = plan.homes("eap")
    for keys, tls in ((FULL, TlsOptions()), ((RESUMED,), TlsOptions(cache=True, store=STORE))):
        if wanted := [key for key in keys if key in plan.keys]:
            with ExitStack() as running:
                servers = Servers(plan.place(f"eap-{keys[0]}"), running, authority)
                sites = [
                    servers.start(home.tree.name, home.settings, tree=home.tree, tls=tls, users=USERS) for home in homes
                ]
                changes = (no_module, fixed_eap)
                sites.append(servers.start(FIXED, homes[-1].settings, tls=tls, users=USERS, changes=changes))
                for key in wanted:
                    yield _row(plan, key, sites, stations)


def stations_of(plan: Plan, authority: Authority, directory: Path) -> Iterator[Station]:
    """Give devices whose VLAN is the fixed one, each with a certificate that names it, as Intune issues them."""
    ca = directory / "ca.pem"
    ca.write_bytes(authority.certificate_pem)
    known = {
        client.mac for client in clients(plan.sizes.devices, plan.seed) if VLANS.get(client.compliance) == FIXED_VLAN
    }
    chosen = (device for device in fleet(plan.sizes.devices, plan.seed) if device["wiFiMacAddress"].lower() in known)
    for device, _ in zip(chosen, range(plan.sizes.stations), strict=False):
        yield _station(device, authority, ca)


def _station(device: Mapping[str, Any], authority: Authority, ca: Path) -> Station:
    mac = device["wiFiMacAddress"]
    pair = authority.issue_client(device["id"], uris=[f"ID:Microsoft Endpoint Manager:GUID:{device['id']}"])
    tls = Supplicant("TLS", ca, f"host/{device['id']}", *pair.write(ca.parent, device["id"]))
    return Station(
        ":".join(mac[place : place + 2] for place in range(0, len(mac), 2)),
        {
            "eap-tls": tls,
            RESUMED: tls,
            "eap-ttls": Supplicant("TTLS", ca, "bob", password="hello", inner="PAP"),
            "peap": Supplicant("PEAP", ca, "bob", password="hello", inner="MSCHAPV2"),
        },
    )


def _row(plan: Plan, key: str, sites: Sequence[Site], stations: Sequence[Station]) -> Compared:
    for number in range(plan.sizes.rounds + 1):
        tell(f"{key}: round {number} of {plan.sizes.rounds}" if number else f"{key}: a round that doesn't count")
        turn = number % len(sites)
        for site in (*sites[turn:], *sites[:turn]):
            cost = _resumed(site, stations) if key == RESUMED else log_all_in(site, key, stations) / len(stations)
            if number:
                site.costs.setdefault(key, []).append(cost * 1e6)
    *ours, fixed = sites
    return Compared(
        key,
        {site.name: ratio(site.costs[key], fixed.costs[key]) for site in ours},
        {site.name: site.cost(key) for site in sites},
        "µs",
    )


def _resumed(site: Site, stations: Sequence[Station]) -> float:
    once = log_all_in(site, RESUMED, stations)
    return (log_all_in(site, RESUMED, stations, AGAIN) - once) / len(stations) / AGAIN


def log_all_in(site: Site, key: str, stations: Sequence[Station], again: int = 0) -> float:
    """Let all log in, and so often again; give the seconds of CPU that it has cost the server."""
    before = cpu_seconds(site.server.pid)
    with ThreadPoolExecutor(len(stations) if again else AT_ONCE) as pool:
        done = [pool.submit(_log_in, site, station, key, again) for station in stations]
        for each in done:
            each.result()
    return cpu_seconds(site.server.pid) - before


def _log_in(site: Site, station: Station, key: str, again: int) -> None:
    logins = eap_login(station.supplicants[key], site.server.auth_port, SECRET, station.mac, again=again)
    found = [(login.code, login.vlan, login.resumed) for login in logins]
    wanted = [("Access-Accept", FIXED_VLAN, number > 0) for number in range(again + 1)]
    if found != wanted:
        raise BenchError(f"{site.name}: {key} gave {found}, not {wanted}\n{site.server.log[-2000:]}")
