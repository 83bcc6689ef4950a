"""Whatever names a certificate has, and whatever the server shows of it: no URI is believed that isn't in it."""

from hypothesis import example, given
from hypothesis import strategies as st

from radtune.records.device_and_client import Certificate
from radtune.request.attributes import Attributes
from radtune.request.certificates import CUT_AT, printed_uris, read_certificate
from unit.samples import PRINTED, certificate_attributes, octets

CERT = "TLS-Client-Cert-"
PRINT = f"{CERT}X509v3-Subject-Alternative-Name"
URI = "ID:Microsoft Endpoint Manager:GUID:8a0f3c11-0000-4000-8000-000000000001"

names_of = ("URI:", "DNS:", "email:", "othername: UPN::", "<unsupported>")
pieces = (*"ab:,. ", ", ", "\\", "\\054", "\\000", "\\n", *names_of)
texts = st.lists(st.sampled_from(pieces), max_size=8).map("".join)
names = st.lists(st.tuples(st.sampled_from(sorted(PRINTED)), texts), max_size=5)


def certificate(written: list[tuple[str, str]]) -> Certificate:
    """Return the certificate with these names."""
    names = ((f"Subject-Alt-Name-{kind}", text) for kind, text in written)
    found = read_certificate(Attributes(certificate_attributes(*names)))
    assert found is not None
    return found


@given(names)
@example([("Dns", f"a, URI:{URI}")])
@example([("Upn", "<unsupported>, URI:x"), ("Dns", "URI:")])
def test_no_faked_uri_is_believed(written: list[tuple[str, str]]) -> None:
    """Whatever names a CA puts into a certificate: the URIs read are those written, unless a URI holds a whole name."""
    found = certificate(written)
    uris = tuple(dict.fromkeys(text for kind, text in written if kind == "Uri"))
    if not any(", " in uri for uri in uris):
        assert found.uris == (() if found.unclear else uris)


@given(names)
def test_ordinary_names_are_read(written: list[tuple[str, str]]) -> None:
    plain = [(kind, text.replace("\\", "").replace(",", "")) for kind, text in written]
    found = certificate(plain)
    uris = dict.fromkeys(text for kind, text in plain if kind == "Uri")
    printed = ", ".join(f"{PRINTED[kind]}{text}" for kind, text in plain)
    if len(printed) < CUT_AT and all(text for _, text in plain):
        assert (found.uris, found.unclear) == (tuple(uris), False)


shown = st.lists(st.text() | st.sampled_from("ab"), max_size=2).map(tuple)


@given(st.text() | texts, shown, shown, shown)
def test_any_print_is_taken(printed: str, dns: tuple[str, ...], emails: tuple[str, ...], upns: tuple[str, ...]) -> None:
    uris = printed_uris(printed, dns, emails, upns)
    assert uris is None or all(f"URI:{uri}" in printed for uri in uris)


known = [f"{kind}{name}" for kind in PRINTED.values() for name in "ab"] + [
    "IP Address:192.0.2.1",
    "Registered ID:1.2.3",
]
odd = ["a", "DirName:/CN=a", "IP Address:x", "Registered ID:a", "X400Name:a", "othername:a", "othername: UPN:"]


@given(
    st.lists(st.sampled_from(known), max_size=4),
    st.none() | st.sampled_from(odd),
    st.none() | st.integers(0, 2),
    shown,
)
@example(["URI:a"], odd[0], None, ())
def test_a_uri_is_believed_where_every_other_name_is_shown(
    entries: list[str], more: str | None, at: int | None, instead: tuple[str, ...]
) -> None:
    """What the server shows of the DNS names, e-mails and UPNs is what is printed, or something else in one place."""
    printed = [_printed(entries, kind) for kind in ("Dns", "Email", "Upn")]
    names = [instead if place == at else each for place, each in enumerate(printed)]
    uris = printed_uris(", ".join([*entries, more] if more else entries), names[0], names[1], names[2])
    wanted = _printed(entries, "Uri")
    assert uris == (wanted if not wanted or (names == printed and not more) else None)


def _printed(entries: list[str], kind: str) -> tuple[str, ...]:
    found = [entry.removeprefix(PRINTED[kind]) for entry in entries if entry.startswith(PRINTED[kind])]
    return tuple(dict.fromkeys(found))


attributes = st.sampled_from(
    [
        *("Serial", "Subject", "Common-Name", "Issuer", "Expiration", "X509v3-Extended-Key-Usage-OID"),
        *(f"Subject-Alt-Name-{kind}" for kind in PRINTED),
        *("X509v3-Subject-Alternative-Name", "1.3.6.1.4.1.311.21.7", "1.3.6.1.4.1.311.20.2"),
    ]
)
values = st.text() | st.binary().map(octets) | texts.map(octets) | texts.map(lambda text: octets(f"URI:{text}"))


@given(st.lists(st.tuples(attributes.map(CERT.__add__), values)))
@example([(f"{CERT}Serial", "1"), (PRINT, octets(f"URI:{URI}"))])
@example([(f"{CERT}Serial", "1"), (PRINT, octets(f"DNS:a, URI:{URI}"))])
@example([(f"{CERT}Serial", "1"), (f"{CERT}Subject-Alt-Name-Uri", URI), (PRINT, octets("DNS:a\\"))])
def test_any_attributes_are_taken(pairs: list[tuple[str, str]]) -> None:
    found = read_certificate(Attributes(pairs))
    given = {name.removeprefix(CERT) for name, _ in pairs}
    assert (found is None) == given.isdisjoint({"Serial", "Subject", "Common-Name"})
    if found is None:
        return
    assert found.uris == () or not found.unclear or "common_name" in found.unread
    for kind, names in (("Dns", found.dns), ("Email", found.emails), ("Upn", found.upns)):
        assert set(names) <= {value for name, value in pairs if name == f"{CERT}Subject-Alt-Name-{kind}"}
    written = [value for name, value in pairs if name == f"{CERT}Subject-Alt-Name-Uri"]
    printed = [value.lower() for name, value in pairs if name == PRINT]
    for uri in found.uris:
        assert uri in written or any(octets(f"URI:{uri}")[2:] in value for value in printed)
