"""Random fleets and policies; everything comes from one `Random`, so that a seed repeats a run."""

from random import Random
from typing import Any

from fuzz.labels import Device
from fuzz.model import Company

NOW = 1_800_000_000.0
TENANT = "contoso.example"
STATES = ["compliant", "noncompliant", "in_grace_period", "unknown", "conflict", "error", "config_manager"]
OWN = ["not_enrolled", "ambiguous", "stale", "unavailable"]
SITES = {"berlin": ["192.0.2.0/25"], "paris": ["sw-paris-*", "198.51.100.7"]}
OUIS = ["0016cb", "0017c8", "3c5ab4"]
USERS = ["ann@contoso.example", "bob@contoso.example", "eve@fabrikam.example", ""]


def guid(number: int) -> str:
    """Return a lower-case GUID, another one for each number."""
    return f"8a0f3c11-0000-4000-8000-{number:012x}"


def make_company(random: Random) -> Company:
    """Return a fleet with enrolments anew, shared names, serial numbers and MACs, and a policy that asks about it."""
    policy = make_policy(random)
    stale = random.random() < 0.2
    age = random.choice([0, 60, 86400 - 1]) if not stale else random.choice([90000, 200000, 10**9, -301, -10000])
    synced = None if random.random() < 0.06 else NOW - age
    devices = [make_device(random, number) for number in range(1, random.randint(5, 40))]
    return Company(devices, policy, SITES, NOW, synced)


def make_device(random: Random, number: int) -> Device:
    """Return a device that shares something with others more often than a real one does."""
    near = random.randint(1, 12)
    share = random.random
    return {
        "id": guid(number),
        "tenant": TENANT,
        "name": f"LAPTOP-{near if share() < 0.2 else number}",
        "compliance": random.choice(STATES[:2] * 4 + STATES),
        "entra_id": guid(1000 + (near if share() < 0.15 else number)) if share() < 0.8 else "",
        "serial": f"5CG{(near if share() < 0.2 else number):05d}XY" if share() < 0.8 else "",
        "macs": tuple(
            f"{random.choice(OUIS)}aabb{(near if share() < 0.2 else number):02x}" for _ in range(random.randint(0, 2))
        ),
        "user": random.choice(USERS),
        "os": random.choice(["Windows", "macOS", "iOS", ""]),
        "os_version": random.choice(["10.0.22631.1", "10.0.19045", "14.5 (23F79)", "9", "unknown", ""]),
        "ownership": random.choice(["company", "personal", ""]),
        "category": random.choice(["Kiosk 1", "Sales", ""]),
        "encrypted": random.choice(["yes", "no", ""]),
        "jail_broken": random.choice(["yes", "no", ""]),
        "threat_state": random.choice(["secured", "high_severity", ""]),
        "management_state": random.choice(["managed", "retire_pending", ""]),
        "last_check_in": int(NOW) - random.choice([0, 60, 3600, 86400 * 15, 86400 * 40]) if share() < 0.9 else 0,
        "enrolled_at": int(NOW) - random.choice([60, 7200, 86400 * 100]) if share() < 0.9 else 0,
        "account_enabled": random.choice(["yes", "yes", "no", ""]),
    }


def some(random: Random, values: list[Any]) -> Any:
    """Return one of the values, or a list of some."""
    return random.choice(values) if random.random() < 0.6 else random.sample(values, random.randint(1, len(values)))


LABELS: dict[str, Any] = {
    "mdm_compliance": lambda random: some(random, [*STATES, *OWN, "Compliant", "Non Compliant"]),
    "os": lambda random: some(random, ["Windows", "mac*", "*OS", "w?ndows", "*"]),
    "os_version": lambda random: some(random, [">= 10.0.22631", "< 10.0.20000, > 9", "= 14.5", "!= 9", "<= 9.0"]),
    "ownership": lambda random: some(random, ["company", "personal", "unknown"]),
    "category": lambda random: some(random, ["kiosk*", "Sales", "*1"]),
    "encrypted": lambda random: random.random() < 0.5,
    "account_enabled": lambda random: random.random() < 0.5,
    "jail_broken": lambda random: random.random() < 0.5,
    "threat_state": lambda random: some(random, ["secured", "high_severity", "unknown"]),
    "management_state": lambda random: some(random, ["managed", "retire_pending", "unknown"]),
    "last_check_in": lambda random: some(random, ["> 14d", "<= 1h", "> 1h, < 30d"]),
    "enrolled": lambda random: some(random, ["< 1h", ">= 2h", "> 30d"]),
    "user": lambda random: some(random, ["*@contoso.example", "ann@*", "EVE@fabrikam.example"]),
    "device_name": lambda random: some(random, ["LAPTOP-1*", "laptop-?", "*-3"]),
    "tenant": lambda random: some(random, ["contoso.*", "other"]),
    "serial": lambda random: some(random, ["5CG00001XY", "5cg00002xy", "5CG00003XY"]),
    "matched_by": lambda random: some(random, ["device_id", "entra_id", "serial", "name", "mac", "user"]),
    "identity_conflict": lambda random: random.random() < 0.5,
    "auth_type": lambda random: some(random, ["eap-tls", "eap-ttls", "peap", "mab", "pap", "chap", "mschap"]),
    "inner_type": lambda random: some(random, ["pap", "mschapv2", "eap-mschapv2", "accept"]),
    "username": lambda random: some(random, ["host/*", "*@contoso.example", "b?b", "0016cb*"]),
    "realm": lambda random: some(random, ["contoso.example", "CONTOSO", "*.example"]),
    "mac": lambda random: some(random, ["00:16:cb:aa:bb:01", "0017c8", "3c-5a-b4", "0016.cbaa.bb02"]),
    "mac_randomised": lambda random: random.random() < 0.5,
    "ssid": lambda random: some(random, ["Corp", "c*", "G?est"]),
    "nas": lambda random: some(random, ["192.0.2.0/24", "sw-paris-*", "203.0.113.9"]),
    "site": lambda random: some(random, ["berlin", "paris"]),
    "port_type": lambda random: some(random, ["wired", "wireless", "virtual"]),
    "certificate": lambda random: {
        key: some(random, values)
        for key, values in {
            "common_name": ["LAPTOP-*", "*contoso*"],
            "san": ["8a0f*", "*@contoso.example", "*laptop*"],
            "issuer": ["/CN=CA*", "*Other*"],
        }.items()
        if random.random() < 0.5 or key == "common_name"
    },
    "time": lambda random: {
        "days": some(random, ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]),
        "hours": random.choice(["08:00-18:00", "22:00-04:00", "00:00-24:00", "07:59-08:00"]),
        "timezone": "UTC",
    },
}


def make_policy(random: Random) -> dict[str, Any]:
    """Return a policy as its file says it."""
    labels: dict[str, Any] = {
        "corp": {"vlan": 750}, "quarantine": {"vlan": 666},
        "by-site": {"vlan": {"sites": {"berlin": 20, "paris": "guests"}}},
        "by-site-or-9": {"vlan": {"sites": {"berlin": 20}, "default": 9}},
    }  # fmt: skip
    names = []
    for number in range(random.randint(1, 10)):
        kind = "mdm_compliance" if random.random() < 0.4 else random.choice(list(LABELS))
        names.append(f"label-{number}")
        labels[names[-1]] = {kind: LABELS[kind](random)}
    policy: dict[str, Any] = {
        "labels": labels,
        "rules": [
            {
                "name": f"rule {number}",
                "match": [make_term(random, names) for _ in range(random.choice([1, 1, 2, 3]))],
                **make_grant(random),
            }
            for number in range(random.randint(0, 7))
        ],
        "default": "deny" if random.random() < 0.7 else {"policy": "allow", "assign": ["quarantine"]},
    }
    failures = {state: make_failure(random, state) for state in OWN[2:] if random.random() < 0.4}
    if failures:
        policy["on_failure"] = failures
    if random.random() < 0.4:
        means = ["device_id", "entra_id", "serial", "name", "mac", "user"]
        policy["identify_by"] = random.sample(means, random.randint(1, 6))
    return policy


def make_failure(random: Random, state: str) -> Any:
    """Return what on_failure says of a state."""
    grant = "deny" if random.random() < 0.3 else {"policy": "allow", "assign": ["quarantine"]}
    if state == "stale" and random.random() < 0.5:
        return {"last_known": "48h"} if random.random() < 0.5 else {"last_known": "48h", "otherwise": grant}
    return grant


def make_grant(random: Random) -> dict[str, Any]:
    """Return what a rule gives."""
    if random.random() < 0.3:
        return {"policy": "deny"}
    vlan = random.choice(["corp", "corp", "quarantine", "by-site", "by-site-or-9", ""])
    return {"policy": "allow", "assign": [vlan]} if vlan else {"policy": "allow"}


def make_term(random: Random, names: list[str], depth: int = 0) -> Any:
    """Return a term of a rule."""
    choice = random.random()
    if choice < 0.65 or depth > 1:
        return random.choice(names)
    if choice < 0.85:
        return {"not": make_term(random, names, depth + 1)}
    return {"any": [make_term(random, names, depth + 1) for _ in range(random.randint(1, 3))]}
