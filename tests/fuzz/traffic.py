"""Random requests: regular ones, and ones with something in them that nobody sends by accident."""

from random import Random

from fuzz.company import guid
from fuzz.labels import Device
from fuzz.model import Company
from fuzz.request import CERT, Pairs

ADDRESSES = ["192.0.2.1", "192.0.2.200", "198.51.100.7", "203.0.113.9", ""]
IDENTIFIERS = ["sw-berlin-1", "sw-paris-2", "SW-PARIS-3", ""]
SSIDS = ["Corp", "corp", "Guest", ""]


def notation(random: Random, mac: str) -> str:
    """Return a MAC in one of the notations of NASes."""
    two = [mac[at : at + 2] for at in range(0, 12, 2)]
    four = [mac[at : at + 4] for at in range(0, 12, 4)]
    return random.choice([mac, mac.upper(), "-".join(two).upper(), ":".join(two), ".".join(four), "-".join(four)])


def make_request(random: Random, company: Company) -> tuple[str, Pairs, tuple[str, ...]]:
    """Return a question of the site, the request that goes with it, and the server's Auth-Type."""
    device = random.choice(company.devices)
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
        pairs += make_certificate(random, device, random.choice(company.devices))
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
        before = random.choice(["00-00-5E-00-53-FE", "0000.5e00.53fe", "ap-berlin-3", "Building1/Floor2"])
        pairs.append(("Called-Station-Id", f"{before}:{ssid}"))
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


def make_hostile(random: Random, company: Company, pairs: Pairs) -> Pairs:
    """Return the request with something in it that nobody sends by accident."""
    changed = list(pairs)
    for _ in range(random.choice([1, 1, 2, 4])):
        at = random.randrange(len(changed))
        name, value = changed[at]
        other = random.choice(company.devices)
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
