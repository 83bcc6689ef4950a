"""A company with devices, sessions and a week of client events, written as sync and server would have written them.

`python -m web.company DIRECTORY DEVICES EVENTS` makes one to look at, or to measure.
"""

import json
import random
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from radtune.dataclass import dataclass, replace
from radtune.records.device_and_client import Certificate, Device, Facts, Session
from radtune.records.moves_and_states import LastRun, Move, MoveState, SyncState
from radtune.stores.devices import DeviceStore
from radtune.stores.sessions import SessionStore
from web import week

TENANT = "contoso.onmicrosoft.com"
DAY = 86_400
JUST = 1800
"""Seconds since Intune has changed its mind about a few devices that have to move."""
SITES = {"berlin": 5, "hamburg": 3, "lyon": 2}
"""The sites, each with its number of NASes."""
FIRST_NAMES = (
    *("alice", "bob", "carol", "david", "emma", "farid", "greta", "hana", "ivan", "julia", "karim", "lena"),
    *("marco", "nina", "omar", "paula", "quentin", "rosa", "sven", "tara", "umut", "vera", "wanda", "yusuf"),
)
LAST_NAMES = ("keller", "novak", "dubois", "schmidt", "rossi", "yilmaz", "jensen", "weber", "haddad", "moreau")
STATES = (("compliant", 91), ("noncompliant", 5), ("in_grace_period", 3), ("unknown", 1))
SETTINGS = """\
store: store
events: log/events.jsonl
policy: policy.yaml
sites:
  - {name: berlin, nas: ["sw-berlin-*", "ap-berlin-*"]}
  - {name: hamburg, nas: ["sw-hamburg-*", "ap-hamburg-*"]}
  - {name: lyon, nas: ["sw-lyon-*", "ap-lyon-*"]}
intune:
  - tenant: contoso.onmicrosoft.com
    client_id: 6f1d6c1e-4a36-4c8e-9f0b-3d7a51d1a001
    client_secret_file: intune-secret
    client_secret_expires: 2027-05-01
nas:
  - {name: switches, nas: ["192.0.2.0/24"], profile: hostapd, secret_file: coa-secret}
web:
  listen: 127.0.0.1:%PORT%
  state: web
  password_file: web-passwords
"""
POLICY = """\
labels:
  compliant:     {mdm_compliance: compliant}
  in-grace:      {mdm_compliance: in_grace_period}
  not-compliant: {mdm_compliance: [noncompliant, unknown]}
  printers:      {mac: ["00:80:77"]}
  corp-wifi:     {ssid: Contoso}
  corp:          {vlan: 750}
  wifi:          {vlan: 760}
  devices:       {vlan: 300}
  quarantine:    {vlan: 66}
rules:
  - {name: Corp Wi-Fi, match: [compliant, corp-wifi], policy: allow, assign: [wifi]}
  - {name: Corp wired, match: [compliant], policy: allow, assign: [corp]}
  - {name: In grace, match: [in-grace], policy: allow, assign: [corp]}
  - {name: Quarantine, match: [not-compliant], policy: allow, assign: [quarantine]}
  - {name: Printers, match: [printers], policy: allow, assign: [devices]}
default: deny
"""


@dataclass(frozen=True, slots=True)
class Company:
    """The files of a company, and some of what is in them.

    moving: the sessions that Intune has changed its mind about, and that nobody has moved yet
    """

    directory: Path
    devices: tuple[Device, ...]
    sessions: tuple[Session, ...]
    moving: tuple[Session, ...]

    @property
    def settings_file(self) -> Path:
        """The settings."""
        return self.directory / "settings.yaml"

    @property
    def events_file(self) -> Path:
        """The log of client events."""
        return self.directory / "log/events.jsonl"


def found(directory: Path, devices: int = 400, events: int = 3000, *, port: int = 8086, more: str = "") -> Company:
    """Make it in a directory that is there; `more` are further lines of the section web."""
    now, chance = time.time(), random.Random(13)  # noqa: S311  # the same company each time
    for name in ("log", "store"):
        (directory / name).mkdir()
    (directory / "settings.yaml").write_text(SETTINGS.replace("%PORT%", str(port)) + more)
    (directory / "policy.yaml").write_text(POLICY)
    for name in ("intune-secret", "coa-secret"):
        (directory / name).write_text(f"the planted secret of {name}\n")
        (directory / name).chmod(0o600)
    fleet = [_device(number, chance, now) for number in range(devices)]
    connected = [number for number in range(devices) if chance.random() < 0.7]
    just = [number for number in connected if fleet[number].compliance == "compliant"][3:30:10]
    for number in just:
        changed = int(now - JUST)
        fleet[number] = replace(fleet[number], compliance_since=changed, last_check_in=changed)
    _publish(directory / "store/devices", tuple(fleet), now)
    sessions = [_session(fleet[number], chance, now) for number in connected]
    sessions += [_printer(number, now) for number in range(devices // 40)]
    moving = [each for each in sessions if each.device_id in {fleet[number].id for number in just}]
    noted = sorted(week.events(fleet, sessions, moving, events, chance, now), key=lambda each: each[0])
    # A session is as old as the last login that is told of.
    since = {key: at for at, key, _ in noted}
    sessions = [replace(each, granted_at=since.get(each.key, each.granted_at)) for each in sessions]
    moving = [week.before_change(each) for each in sessions if each.key in {one.key for one in moving}]
    there = {each.key: each for each in (*sessions, *moving)}
    _connect(directory / "store/sessions", tuple(there.values()), moving, now)
    company = Company(directory, tuple(fleet), tuple(there.values()), tuple(moving))
    with company.events_file.open("w") as log:
        log.writelines(json.dumps(event) + "\n" for *_, event in noted)
    return company


def _device(number: int, chance: random.Random, now: float) -> Device:
    state = chance.choices([name for name, _ in STATES], [share for _, share in STATES])[0]
    user = f"{FIRST_NAMES[number % 24]}.{LAST_NAMES[number // 24 % 10]}"
    mac = f"a4bb6d{number:06x}"
    return Device(
        id=f"8a0f3c11-5b1e-4c9d-8000-{number:012x}",
        tenant=TENANT,
        name=f"CN-{'LT' if number % 5 else 'WS'}-{1000 + number}",
        compliance=state,
        entra_id=f"5e2d9a40-17c3-4f0b-9000-{number:012x}",
        serial=f"5CG{number * 7919 % 10**7:07d}",
        macs=(mac,),
        user=f"{user}@contoso.example",
        os=("Windows", "Windows", "Windows", "Windows", "macOS")[number % 5],
        os_version=("10.0.26100.4652", "10.0.22631.5624", "10.0.26100.4652", "10.0.26100.4652", "15.5")[number % 5],
        ownership="company",
        encrypted="yes",
        management_state="managed",
        account_enabled="yes",
        last_check_in=int(now - chance.uniform(60, DAY)),
        enrolled_at=int(now - chance.uniform(30, 900) * DAY),
        compliance_since=int(now - chance.expovariate(1 / (40 * DAY)) - 600),
    )


def _publish(directory: Path, fleet: tuple[Device, ...], now: float) -> None:
    counts: dict[str, int] = {}
    for device in fleet:
        counts[device.compliance] = counts.get(device.compliance, 0) + 1
    begun = int(now - 1500)
    state = SyncState(TENANT, int(now - 90 * DAY), begun, begun - 7200, int(now - 40), int(now - 40), counts=counts)
    with closing(DeviceStore(directory, create=True, timeout=10.0)) as store:
        with store.publishing() as publication:
            for device in fleet:
                publication.put(device)
            publication.synced(state, [TENANT])
        store.put_sync_state(state)


def _session(device: Device, chance: random.Random, now: float) -> Session:
    site = chance.choices(list(SITES), list(SITES.values()))[0]
    is_wifi = chance.random() < 0.55
    place = chance.randrange(SITES[site])
    at = now - chance.uniform(JUST + 60, DAY / 2)
    address = f"192.0.2.{10 * list(SITES).index(site) + place + (100 if is_wifi else 1)}"
    facts = Facts(
        mac=device.macs[0],
        calling_station_id=device.macs[0],
        user_name=f"host/{device.name}",
        auth_type="eap-tls",
        certificate=Certificate(common_name=device.name, uris=(f"IntuneDeviceId://{device.id}",)),
        nas_address=address,
        nas_identifier=f"{'ap' if is_wifi else 'sw'}-{site}-{place + 1:02d}",
        nas_port_id="" if is_wifi else f"ge-0/0/{chance.randrange(48)}",
        nas_port_type="Wireless-802.11" if is_wifi else "Ethernet",
        ssid="Contoso" if is_wifi else "",
        acct_session_id=f"{int(device.macs[0], 16) & 0xFFFFFF:08X}",
    )
    session = Session(facts, "", at, "", "", device.id, device.name, now - 30)
    return week.granted(session, device.compliance)


def _printer(number: int, now: float) -> Session:
    mac = f"008077{number:06x}"
    facts = Facts(
        mac=mac,
        calling_station_id=mac,
        user_name=mac,
        auth_type="mab",
        nas_address="192.0.2.1",
        nas_identifier="sw-berlin-01",
        nas_port_id=f"ge-0/0/{number % 48}",
    )
    return Session(facts, "vlan 300", now - DAY, "Printers", "not_enrolled", seen_at=now - 120)


def _connect(directory: Path, sessions: tuple[Session, ...], moving: Sequence[Session], now: float) -> None:
    """Keep the sessions, and moves for all but the first of those that have to move."""
    with closing(SessionStore(directory, create=True, timeout=10.0)) as store, store.transaction():
        for each in sessions:
            store.put(each)
        for each in moving[1:]:
            store.put_move(_move(each, week.granted(each, "compliant").granted, each is moving[-1], now))
        store.put_last_run(LastRun(now - 300))


def _move(session: Session, after: str, is_given_up: bool, now: float) -> Move:
    said = f"no answer from {session.facts.nas_address} port 3799: wrong address, port or secret, or the NAS is down"
    client = {"mac": session.facts.mac, "device": session.device_name, "device_id": session.device_id}
    state: MoveState = "not_enforced" if is_given_up else "unanswered"
    reason = f"{session.device_name} is compliant"
    tried = {"attempts": 4 if is_given_up else 1, "method": "disconnect", "answer": said, "sent_at": now - 120.0}
    more: dict[str, Any] = {**tried, "tries": 1, "next_at": now + 3600, "client": client}
    return Move(session.key, session.granted, after, reason, state, now - JUST + 60, **more)


if __name__ == "__main__":
    found(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
