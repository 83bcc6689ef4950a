"""For each kind of label: a value, a client that it holds for, and clients that it doesn't hold for."""

from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st

from radtune.identity.matching import Match
from radtune.policy.labels import ClientContext, Label
from radtune.policy.nas_directory import NasDirectory, NasList
from radtune.records.device_and_client import ALL_STATES, Certificate, ComplianceState, Device, Facts
from unit.samples import MAC, NOW, RANDOM_MAC, device, label

DAY = 86400
PLACES = NasDirectory(
    sites=(NasList("berlin", ("192.0.2.0/24",)), NasList("paris", ("198.51.100.0/24", "par-*"))),
    groups=(NasList("lab", ("192.0.2.1", "lab-*")), NasList("aruba-aps", ("ap-*",), "aruba")),
)
CERTIFICATE = Certificate(
    common_name="LAPTOP-1",
    dns=("laptop-1.corp.example",),
    uris=("IntuneDeviceId://8a0f",),
    upns=("bob@corp.example",),
    emails=("Bob.Smith@corp.example",),
    issuer="/C=DE/O=Contoso/CN=Contoso Issuing CA",
    eku=("1.3.6.1.5.5.7.3.2",),
    template="1.3.6.1.4.1.311.21.8.1.2",
    expires_at=int(NOW) + 10 * DAY,
)


def of(
    *, facts: Facts | None = None, compliance: ComplianceState | None = None, match: Match | None = None, **more: object
) -> ClientContext:
    """Return a client whose device has these fields."""
    known: Device = device(1, **more)
    found = match or Match("found", "by its MAC", known, "mac", (known,), NOW)
    state: Any = compliance or known.compliance
    return ClientContext(facts or Facts(), found, state, NOW, PLACES)


def by(**more: Any) -> ClientContext:
    """Return a client whose request says this."""
    return of(facts=Facts(**more))


def shows(**more: Any) -> ClientContext:
    """Return a client with this in its certificate."""
    return by(certificate=replace(CERTIFICATE, **more))


def after(seconds: float) -> ClientContext:
    """Return a client so many seconds after Friday, 08:00 UTC."""
    return ClientContext(Facts(), Match("not_enrolled", ""), "not_enrolled", NOW + seconds, PLACES)


NOBODY = of(match=Match("not_enrolled", "nobody", synced_at=NOW), compliance="not_enrolled")
MAB = by(auth_type="mab", mac=MAC)


@dataclass(frozen=True)
class Case:
    """A label's value; the client that it holds for first, then those for which it doesn't."""

    kind: str
    value: Any
    holds: ClientContext
    fails: tuple[ClientContext, ...]

    @property
    def label(self) -> Label:
        """The label."""
        return label(self.kind, self.value)


def case(kind: str, value: Any, holds: ClientContext, *fails: ClientContext) -> Case:
    """Return a case."""
    return Case(kind, value, holds, fails)


CASES = (
    case("mdm_compliance", "compliant", of(), of(compliance="noncompliant"), NOBODY),
    case("mdm_compliance", ["Compliant", "Non Compliant"], of(compliance="noncompliant"), of(compliance="error")),
    case("mdm_compliance", ["error", "stale"], of(compliance="stale"), of()),
    case("os", "windows", of(os="Windows"), of(os="Windows 2"), of(os=""), NOBODY),
    case("os", ["macOS", "Win*"], of(os="Windows"), of(os="Linux")),
    case("os_version", ">= 10.0.22631", of(os_version="10.0.22631.1"), of(os_version="10.0.19045"), of(os_version="")),
    case("os_version", ["< 10", ">= 14, < 15"], of(os_version="14.9.9"), of(os_version="15"), of(os_version="10.0")),
    case("os_version", "= 14.5", of(os_version="14.5.0"), of(os_version="14.5.1"), of(os_version="x")),
    case("os_version", "!= 14.5", of(os_version="14.6"), of(os_version="14.5"), of(os_version=""), NOBODY),
    case("ownership", "company", of(ownership="company"), of(ownership="personal"), of(ownership=""), NOBODY),
    case("ownership", ["personal", "unknown"], of(ownership=""), of(ownership="company")),
    case("category", "Kiosk*", of(category="Kiosk 1"), of(category=""), of(category="Laptop")),
    case("encrypted", True, of(encrypted="yes"), of(encrypted="no"), of(encrypted=""), NOBODY),
    case("encrypted", False, of(encrypted="no"), of(encrypted="yes"), of(encrypted=""), NOBODY),
    case("account_enabled", False, of(account_enabled="no"), of(account_enabled="yes"), of(), NOBODY),
    case("jail_broken", True, of(jail_broken="yes"), of(jail_broken="no"), of(jail_broken="")),
    case("threat_state", ["high_severity", "compromised"], of(threat_state="compromised"), of(threat_state="secured")),
    case("management_state", "managed", of(management_state="managed"), of(management_state="retire_pending"), NOBODY),
    case("last_check_in", "> 14d", of(last_check_in=int(NOW) - 15 * DAY), of(last_check_in=int(NOW) - 13 * DAY)),
    case("last_check_in", ">= 1s", of(last_check_in=0), of(last_check_in=int(NOW) + DAY), NOBODY),
    case("enrolled", "< 1h", of(enrolled_at=int(NOW) - 60), of(enrolled_at=int(NOW) - 4000), of(enrolled_at=0), NOBODY),
    case("user", "*@contoso.example", of(user="Bob@Contoso.example"), of(user="bob@evil.example"), of(user=""), NOBODY),
    case("device_name", "LAPTOP-?", of(name="laptop-7"), of(name="LAPTOP-77"), of(name="")),
    case("tenant", "contoso.example", of(), of(tenant="other.example"), NOBODY),
    case("serial", ["ABC1", "ser1"], of(serial="SER1"), of(serial="SER12"), of(serial=""), NOBODY),
    case("matched_by", ["device_id", "mac"], of(), of(match=Match("found", "", device(1), "name", (), NOW)), NOBODY),
    case(
        "identity_conflict", True, of(match=Match("found", "", device(1), "name", (), NOW, "two devices")), of(), NOBODY
    ),
    case("identity_conflict", False, of(), of(match=Match("found", "", device(1), "name", (), NOW, "two devices"))),
    case("auth_type", ["eap-tls", "peap"], by(auth_type="peap"), MAB, by()),
    case("inner_type", "pap", by(inner_type="pap"), by(inner_type="eap-mschapv2"), by()),
    case("certificate", {"issuer": "*/CN=Contoso Issuing CA"}, shows(), shows(issuer="/CN=Other"), MAB),
    case("certificate", {"common_name": ["PC-*", "laptop-1"]}, shows(), shows(common_name="x"), shows(common_name="")),
    case("certificate", {"san": "*@corp.example"}, shows(), shows(upns=(), emails=()), MAB),
    case("certificate", {"san": "IntuneDeviceId://*"}, shows(), shows(uris=("urn:x",))),
    case("certificate", {"eku": "clientAuth"}, shows(), shows(eku=("1.3.6.1.5.5.7.3.1",)), shows(eku=()), MAB),
    case("certificate", {"eku": ["1.2.3", "1.2.4"]}, shows(eku=("9.9", "1.2.4")), shows()),
    case("certificate", {"template": "1.3.6.1.4.1.311.21.8.*"}, shows(), shows(template="Machine"), shows(template="")),
    case("certificate", {"expires_within": "11d"}, shows(), shows(expires_at=int(NOW) + 12 * DAY)),
    case(
        "certificate", {"common_name": "LAPTOP-*", "eku": "clientAuth"}, shows(), shows(eku=()), shows(common_name="x")
    ),
    case("username", "host/*", by(user_name="HOST/pc"), by(user_name="bob"), by()),
    case("realm", "corp.example", by(user_name="bob@CORP.example"), by(user_name="bob@corp.example.org"), by()),
    case("realm", "corp", by(user_name="CORP\\bob"), by(user_name="corp")),
    case("realm", "corp.example", by(user_name="host/pc.corp.example"), by(user_name="host/corp.example")),
    case("mac", ["00:16:CB:AA:BB:01"], MAB, by(mac="0016cbaabb02"), by()),
    case("mac", "00-16-cb", MAB, by(mac="0016cc000000"), by()),
    case("mac_randomised", True, by(mac=RANDOM_MAC), MAB, by()),
    case("mac_randomised", False, MAB, by(mac=RANDOM_MAC), by()),
    case("ssid", ["Corp", "Corp *"], by(ssid="Corp 5"), by(ssid="corp"), by()),
    case("ssid", "*", by(ssid="x"), by()),
    case("nas", ["192.0.2.0/28", "sw-*"], by(nas_address="192.0.2.7"), by(nas_address="192.0.2.16"), by()),
    case("nas", ["192.0.2.0/28", "sw-*"], by(nas_identifier="SW-1"), by(nas_identifier="ap-1")),
    case("nas", "2001:db8::/32", by(nas_address="2001:db8::1"), by(nas_address="2001:db9::1"), by(nas_address="x")),
    case("site", ["rome", "berlin"], by(nas_address="192.0.2.9"), by(nas_address="198.51.100.1"), by()),
    case("site", "paris", by(nas_identifier="par-sw1"), by(nas_identifier="ber-sw1")),
    case("nas_group", "lab", by(nas_address="192.0.2.1"), by(nas_address="192.0.2.2"), by(nas_identifier="ap-1"), by()),
    case("port_type", "wired", by(nas_port_type="Ethernet"), by(nas_port_type="Wireless-802.11"), by()),
    case("port_type", ["wireless", "virtual"], by(nas_port_type="19"), by(nas_port_type="15")),
    case("vendor", "aruba", by(nas_identifier="ap-1"), by(nas_identifier="sw-1"), by(nas_vendor="hp")),
    case("vendor", ["cisco", "hp"], by(nas_vendor="hp"), by(nas_vendor="aruba"), by()),
    case("time", {"days": "mon-fri", "timezone": "UTC"}, after(0), after(1 * DAY), after(2 * DAY)),
    case("time", {"hours": "08:00-09:00", "timezone": "UTC"}, after(3599), after(3600), after(-1)),
    case("time", {"hours": "09:00-10:00", "timezone": "Europe/Berlin"}, after(0), after(3600), after(-60)),
    case("time", {"days": "thu", "hours": "22:00-08:01", "timezone": "UTC"}, after(0), after(60), after(DAY)),
    case(
        "time", [{"days": ["sat", "sun"], "timezone": "UTC"}, {"days": "fri", "timezone": "UTC"}], after(0), after(-DAY)
    ),
    case(
        "time", {"days": "sat-mon", "hours": "00:00-24:00", "timezone": "UTC"}, after(3 * DAY), after(4 * DAY), after(0)
    ),
    case(
        "attribute",
        {"name": "Class", "equals": ["a", "b"]},
        by(extra_attributes=("Class",), attributes=("Class=b",)),
        by(extra_attributes=("Class",), attributes=("Class=bb",)),
    ),
    case(
        "attribute",
        {"name": "class", "matches": "a*"},
        by(extra_attributes=("Class",), attributes=("Class=x", "Class=ab")),
        by(extra_attributes=("Class",)),
    ),
    case(
        "attribute",
        {"name": "Class", "equals": "x", "matches": "a*"},
        by(extra_attributes=("Class", "Idle"), attributes=("Idle=x", "Class=x")),
        by(extra_attributes=("Class", "Idle"), attributes=("Idle=x", "Idle=ab", "Class=b")),
    ),
    case(
        "attribute",
        {"name": "NAS-Port", "equals": 7},
        by(extra_attributes=("NAS-Port",), attributes=("NAS-Port=7",)),
        by(extra_attributes=("NAS-Port",), attributes=("NAS-Port=77",)),
    ),
)


ANY_LABEL = st.sampled_from([case.label for case in CASES])
ANY_FACTS = st.one_of(
    st.sampled_from([each.facts for case in CASES for each in (case.holds, *case.fails)]),
    st.builds(
        Facts,
        mac=st.sampled_from(["", MAC, RANDOM_MAC]),
        user_name=st.text(max_size=8),
        auth_type=st.text(max_size=5),
        nas_address=st.text(max_size=5),
        nas_identifier=st.text(max_size=5),
        ssid=st.text(max_size=5),
        attributes=st.lists(st.text(max_size=5), max_size=2).map(tuple),
        extra_attributes=st.sampled_from([(), ("Class",)]),
    ),
)
ANY_CLIENT = st.builds(
    ClientContext,
    ANY_FACTS,
    st.sampled_from([each.match for case in CASES for each in (case.holds, *case.fails)]),
    st.sampled_from(sorted(ALL_STATES)),
    st.floats(0, 4e9),
    st.just(PLACES),
)
