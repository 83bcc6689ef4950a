"""Random fleets, policies and requests; everything comes from one `Random`, so that a seed repeats a run."""

from random import Random
from typing import Any

from fuzz.labels import Device
from fuzz.model import World
from fuzz.request import CERT, Pairs

NOW = 1_800_000_000.0
TENANT = "contoso.example"
STATES = ["compliant", "noncompliant", "in_grace_period", "unknown", "conflict", "error", "config_manager"]
OWN = ["not_enrolled", "ambiguous", "stale", "unavailable"]
SITES = {"berlin": ["192.0.2.0/25"], "paris": ["sw-paris-*", "198.51.100.7"]}
ADDRESSES = ["192.0.2.1", "192.0.2.200", "198.51.100.7", "203.0.113.9", ""]
IDENTIFIERS = ["sw-berlin-1", "sw-paris-2", "SW-PARIS-3", ""]
SSIDS = ["Corp", "corp", "Guest", ""]
OUIS = ["0016cb", "0017c8", "3c5ab4"]
USERS = ["ann@contoso.example", "bob@contoso.example", "eve@fabrikam.example", ""]


def guid(number: int) -> str:
    """Return a lower-case GUID, another one for each number."""
    return f"8a0f3c11-0000-4000-8000-{number:012x}"


def make_world(random: Random) -> World:
    """Return a fleet with enrolments anew, shared names, serial numbers and MACs, and a policy that asks about it."""
    policy = make_policy(random)
    stale = random.random() < 0.2
    age = random.choice([0, 60, 86400 - 1]) if not stale else random.choice([90000, 200000, 10**9, -301, -10000])
    synced = None if random.random() < 0.06 else NOW - age
    devices = [make_device(random, number) for number in range(1, random.randint(5, 40))]
    return World(devices, policy, SITES, NOW, synced)


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


def notation(random: Random, mac: str) -> str:
    """Return a MAC in one of the notations of NASes."""
    two = [mac[at : at + 2] for at in range(0, 12, 2)]
    four = [mac[at : at + 4] for at in range(0, 12, 4)]
    return random.choice([mac, mac.upper(), "-".join(two).upper(), ":".join(two), ".".join(four), "-".join(four)])


def make_request(random: Random, world: World) -> tuple[str, Pairs, tuple[str, ...]]:
    """Return a question of the site, the request that goes with it, and the server's Auth-Type."""
    device = random.choice(world.devices)
    mac = make_mac(random, device)
    pairs = place(random, mac)
    way = random.choice(["mab", "tls", "tls", "tls", "ttls", "peap", "pap"])
    if way == "mab":
        name = notation(random, mac) if random.random() < 0.9 else "bob"
        question = random.choice(["mab", "login"])
        return (
            question,
            [("User-Name", name), ("User-Password", name), *pairs],
            ("Accept",) if question == "login" else (),
        )
    if way == "tls":
        pairs += [
            ("User-Name", random.choice(["host/x", device["name"]])),
            ("EAP-Message", "0x0202"),
            ("EAP-Type", "TLS"),
        ]
        pairs += make_certificate(random, device, random.choice(world.devices))
        return random.choice([("certificate", pairs, ()), ("login", pairs, ("eap",))])
    user = random.choice(
        ["bob", f"host/{device['name']}", f"host/{device['name']}.contoso.example", "CONTOSO\\bob", mac]
    )
    if way == "pap":
        return "login", [("User-Name", user), ("User-Password", "hello"), *pairs], (random.choice(["PAP", "Accept"]),)
    inner = random.choice(["PAP", "MSCHAPv2", "EAP-MSCHAPv2", "Accept"])
    pairs += [("User-Name", "anonymous"), ("EAP-Message", "0x0202"), ("EAP-Type", "TTLS" if way == "ttls" else "PEAP")]
    tunnel = [("Radtune-Inner-User-Name", user), ("Radtune-Inner-Type", inner)]
    return random.choice(["login", "inner"]), [*pairs, *tunnel], (random.choice(["eap", "MS-CHAP"]),)


def make_mac(random: Random, device: Device) -> str:
    """Return the MAC of the device, of nobody, a randomised one or a placeholder."""
    own = random.choice(device["macs"]) if device["macs"] else "0016cbffff01"
    return random.choice([own, own, own, "0016cbffff02", f"02{own[2:]}", "020000000000", "ffffffffffff"])


def place(random: Random, mac: str) -> Pairs:
    """Return what the NAS says of the place."""
    pairs = [("Calling-Station-Id", notation(random, mac))] if random.random() < 0.97 else []
    if address := random.choice(ADDRESSES):
        pairs.append(("NAS-IP-Address", address))
    if identifier := random.choice(IDENTIFIERS):
        pairs.append(("NAS-Identifier", identifier))
    if ssid := random.choice(SSIDS):
        pairs.append(("Called-Station-Id", f"00-00-5E-00-53-FE:{ssid}"))
    if random.random() < 0.8:
        pairs.append(("NAS-Port-Type", random.choice(["Ethernet", "Wireless-802.11", "Virtual"])))
    return pairs


def make_certificate(random: Random, device: Device, other: Device) -> Pairs:
    """Return what the server says of a certificate that names the device, or two, or nobody."""
    names: dict[str, list[str]] = {"cn": [], "dns": [], "uri": [], "email": [], "upn": []}
    for _ in range(random.choice([1, 1, 1, 2])):
        one = device if random.random() < 0.8 else other
        kind, text = make_name(random, one)
        if kind != "cn" or not names["cn"]:
            names[kind].append(text)
    return certificate_pairs(random, names)


def make_name(random: Random, device: Device) -> tuple[str, str]:
    """Return the kind of a name and the name."""
    any_id = random.choice([device["id"], device["entra_id"] or device["id"], guid(999)])
    name = random.choice([device["name"], device["name"].lower(), "nobody"])
    user = device["user"] or "eve@fabrikam.example"
    return random.choice(
        [
            ("cn", any_id),
            ("cn", name),
            ("cn", f"{name}.contoso.example"),
            ("cn", device["serial"] or "nobody"),
            ("cn", user),
            ("dns", any_id.upper()),
            ("dns", f"{any_id}.contoso.example"),
            ("dns", f"{name}.contoso.example"),
            ("uri", f"IntuneDeviceId://{any_id}"),
            ("uri", f"ID:Microsoft Endpoint Manager:GUID:{any_id}"),
            ("uri", f"tag:microsoft.com,2022-09-14:sid:S-1-5-21-{random.randint(1, 99)}"),
            ("upn", f"{any_id}@contoso.example"),
            ("upn", user),
            ("email", user),
        ]
    )


def certificate_pairs(random: Random, names: dict[str, list[str]]) -> Pairs:
    """Return the attributes of a certificate, its URIs in an attribute or only in the print of the extension."""
    subject = f"/O=Contoso{''.join(f'/CN={each}' for each in names['cn'])}"
    issuer = random.choice(["/CN=CA 1", "/O=Other/CN=CA"])
    pairs = [("Serial", "6c3d"), ("Subject", subject), ("Issuer", issuer), ("Expiration", "361120201751Z")]
    pairs += [("Common-Name", each) for each in names["cn"]]
    typed = random.random() < 0.5
    kinds = {"dns": ("Dns", "DNS:"), "email": ("Email", "email:"), "upn": ("Upn", "othername: UPN::")}
    if typed:
        kinds["uri"] = ("Uri", "URI:")
    entries = [
        f"{kinds[kind][1] if kind in kinds else 'URI:'}{each}" for kind in names if kind != "cn" for each in names[kind]
    ]
    for kind, (attribute, _) in kinds.items():
        pairs += [(f"Subject-Alt-Name-{attribute}", each) for each in names[kind]]
    if entries:
        pairs.append(("X509v3-Subject-Alternative-Name", f"0x{', '.join(entries).encode().hex()}"))
    return [(f"{CERT}{name}", value) for name, value in pairs]


DIRT = [
    "\\",
    "\\000",
    "\\057",
    "/",
    ",",
    ", URI:",
    "=",
    "+CN=",
    "/CN=",
    " ",
    "\n",
    "\t",
    "é",
    "ß",
    "\U0001f600",
    "@",
    ".",
    ":",
    "'",
    '"',
    "%{User-Name}",
    "`id`",
    "$",
]


def make_hostile(random: Random, world: World, pairs: Pairs) -> Pairs:
    """Return the request with something in it that nobody sends by accident."""
    changed = list(pairs)
    for _ in range(random.choice([1, 1, 2, 4])):
        at = random.randrange(len(changed))
        name, value = changed[at]
        other = random.choice(world.devices)
        how = random.randrange(8)
        if how == 0:
            del changed[at]
        elif how == 1:
            changed.insert(at, (name, random.choice([other["name"], other["id"], other["user"], "", value])))
        elif how == 2:
            cut = random.randint(0, len(value))
            changed[at] = (name, value[:cut] + random.choice(DIRT) + value[cut:])
        elif how == 3:
            changed[at] = (name, random.choice(["", "x" * 1023, "0x", "0xzz", other["id"], other["name"], "0" * 300]))
        elif how == 4:
            changed.append(random.choice(changed))
        elif how == 5:
            changed[at] = (name, value.swapcase())
        elif how == 6:
            changed.append((f"{CERT}Subject", f"/CN={other['name']}/CN={value}"))
        else:
            changed[at] = (name, value[: random.randint(0, len(value))])
        if not changed:
            return pairs
    return changed
