"""The names in a client certificate, those that can only be read from a print included."""

import pytest

from radtune.records.device_and_client import Certificate
from radtune.request.attributes import Attributes
from radtune.request.certificates import printed_uris, read_certificate
from unit.samples import certificate_attributes, octets

GUID = "8a0f3c11-0000-4000-8000-000000000001"
URI = f"ID:Microsoft Endpoint Manager:GUID:{GUID}"
TAG = "tag:microsoft.com,2022-09-14:sid:S-1-5-21-1-2-3-1104"
CERT = "TLS-Client-Cert-"
PRINT = f"{CERT}X509v3-Subject-Alternative-Name"
NAMES = (
    ("Subject-Alt-Name-Dns", "one"),
    ("Subject-Alt-Name-Dns", "two.corp.example"),
    ("Subject-Alt-Name-Uri", URI),
    ("Subject-Alt-Name-Uri", TAG),
    ("Subject-Alt-Name-Email", "u@corp.example"),
    ("Subject-Alt-Name-Email", "v@corp.example"),
    ("Subject-Alt-Name-Upn", "u@corp.example"),
    ("Subject-Alt-Name-Upn", "v@corp.example"),
)


def certificate(*pairs: tuple[str, str]) -> Certificate:
    found = read_certificate(Attributes(pairs))
    assert found is not None
    return found


@pytest.mark.parametrize("uri_attributes", [False, True], ids=["before 3.2.7", "from 3.2.7 on"])
@pytest.mark.parametrize("times", [1, 2], ids=["", "in a tunnel"])
def test_every_name_of_every_kind(uri_attributes: bool, times: int) -> None:
    more = (("Common-Name", "LAPTOP-1"), ("Issuer", "/CN=ca"))
    pairs = certificate_attributes(*more, *NAMES, uri_attributes=uri_attributes) * times
    found = certificate(*pairs, ("TLS-Cert-Common-Name", "the CA"))
    assert (found.common_name, found.serial, found.issuer) == ("LAPTOP-1", "6c3d", "/CN=ca")
    assert (found.subject, found.unclear) == ("/O=Contoso/CN=LAPTOP-1", False)
    assert (found.dns, found.uris) == (("one", "two.corp.example"), (URI, TAG))
    assert (found.emails, found.upns) == (("u@corp.example", "v@corp.example"),) * 2


def test_no_certificate() -> None:
    assert read_certificate(Attributes([("TLS-Cert-Serial", "1"), ("User-Name", "bob")])) is None


@pytest.mark.parametrize(
    "printed",
    [
        pytest.param("", id="none, as where a name holds a NUL"),
        pytest.param("URI:IntuneDeviceId://2", id="another"),
        pytest.param("URI:IntuneDeviceId://1, URI:IntuneDeviceId://2", id="one more"),
        pytest.param("URI:IntuneDeviceId://1, DNS:a", id="a name left out"),
        pytest.param("URI:IntuneDeviceId://1, DirName:CN = a", id="a name of another kind"),
        pytest.param(f"URI:IntuneDeviceId://1, DNS:{'a' * 500}", id="cut"),
    ],
)
def test_uri_attributes_of_their_own_have_to_be_the_printed_ones(printed: str) -> None:
    shown = [(PRINT, octets(printed))] if printed else []
    subject = (f"{CERT}Subject", octets("/O=Contoso"))
    found = certificate(subject, (f"{CERT}Subject-Alt-Name-Uri", "IntuneDeviceId://1"), *shown)
    assert (found.uris, found.unclear) == ((), True)


@pytest.mark.parametrize(
    ("printed", "dns", "emails", "upns", "uris"),
    [
        ("", (), (), (), ()),
        (f"URI:{URI}", (), (), (), (URI,)),
        (f"URI:{URI}, URI:{TAG}", (), (), (), (URI, TAG)),
        (f"DNS:a, URI:{URI}, email:b@c", ("a",), ("b@c",), (), (URI,)),
        (f"othername: UPN::u@x, URI:{URI}", (), (), ("u@x",), (URI,)),
        (f"othername: UPN:u@x, URI:{URI}", (), (), ("u@x",), (URI,)),
        (f"othername:<unsupported>, URI:{URI}", (), (), ("u@x",), (URI,)),
        (f"othername: 1.3.6.1.5.2.2::<unsupported>, othername: UPN::u@x, URI:{URI}", (), (), ("u@x",), (URI,)),
        (f"othername: Kerberos Principal:<unsupported>, URI:{URI}", (), (), (), (URI,)),
        (f"IP Address:2001:DB8:0:0:0:0:0:1, Registered ID:1.2.3, URI:{URI}", (), (), (), (URI,)),
        (f"X400Name:<unsupported>, EdiPartyName:<unsupported>, URI:{URI}", (), (), (), (URI,)),
    ],
)
def test_a_print_that_agrees_with_the_attributes_is_believed(
    printed: str, dns: tuple[str, ...], emails: tuple[str, ...], upns: tuple[str, ...], uris: tuple[str, ...]
) -> None:
    assert printed_uris(printed, dns, emails, upns) == uris


@pytest.mark.parametrize(
    ("printed", "dns", "emails", "upns"),
    [
        (f"DNS:a, URI:{URI}", (f"a, URI:{URI}",), (), ()),
        (f"DNS:a, URI:{URI}", ("a", "b"), (), ()),
        (f"DNS:a, DNS:b, URI:{URI}", ("b", "a"), (), ()),
        (f"DNS:a, URI:{URI}", (), (), ()),
        (f"DNS:a, DNS:a, URI:{URI}", ("a", f"a, URI:{URI}"), (), ()),
        (f"DNS:a\\054 URI:{URI}", (f"a, URI:{URI}",), (), ()),
        (f"DNS:a\\, URI:{URI}", (), (), ()),
        (f"DNS:a\\000, URI:{URI}", ("a",), (), ()),
        (f"email:a@b, URI:{URI}", (), (f"a@b, URI:{URI}",), ()),
        (f"othername: UPN::u@x, URI:{URI}", (), (), (f"u@x, URI:{URI}",)),
        (f"othername: UPN::<unsupported>, URI:{URI}", (), (), (f"<unsupported>, URI:{URI}",)),
        (f"othername:<unsupported>, URI:{URI}", (), (), (f"u@x, URI:{URI}",)),
        (f"othername: UPN::v@x, URI:{URI}", (), (), ("u@x",)),
        (f"othername: UPN::u@x, othername: UPN::v@x, URI:{URI}", (), (), ("u@x",)),
        (f"othername: XmppAddr::u@x, URI:{URI}", (), (), ()),
        (f"othername: XmppAddr::u@x, URI:{URI}", (), (), ("u@x",)),
        (f"othername: 1.2.3.4::a, URI:{URI}", (), (), ()),
        (f"DirName:/CN=a, URI:{URI}", (), (), ()),
        (f"IP Address:anything, URI:{URI}", (), (), ()),
        (f"Registered ID:anything, URI:{URI}", (), (), ()),
        (f"something, URI:{URI}", (), (), ()),
    ],
)
def test_a_print_that_does_not_agree_is_not_believed(
    printed: str, dns: tuple[str, ...], emails: tuple[str, ...], upns: tuple[str, ...]
) -> None:
    assert printed_uris(printed, dns, emails, upns) is None
    found = certificate(
        (f"{CERT}Serial", "1"),
        (PRINT, octets(printed)),
        *((f"{CERT}Subject-Alt-Name-Dns", name) for name in dns),
        *((f"{CERT}Subject-Alt-Name-Email", name) for name in emails),
        *((f"{CERT}Subject-Alt-Name-Upn", name) for name in upns),
    )
    assert (found.uris, found.unclear) == ((), True)


@pytest.mark.parametrize("printed", ["IP Address:192.0.2.1, DNS:a", "DirName:/CN=a", "email:x@y"])
def test_where_no_uri_can_hide_nothing_is_unclear(printed: str) -> None:
    assert printed_uris(printed, (), (), ()) == ()


@pytest.mark.parametrize(("filling", "believed"), [("x" * 473, True), ("x" * 474, False), ("ä" * 237, False)])
def test_a_print_that_may_have_been_cut_is_not_believed(filling: str, believed: bool) -> None:
    printed = f"DNS:{filling}, URI:x"
    assert (printed_uris(printed, (filling,), (), ()) == ("x",)) is believed


@pytest.mark.parametrize(
    "pairs",
    [
        pytest.param([("Subject", "/O=x"), ("Subject-Alt-Name-Dns", "a")], id="names without a print"),
        pytest.param([], id="neither subject nor print"),
        pytest.param([("Subject", "/O=x"), ("X509v3-Subject-Alternative-Name", "URI:a")], id="not octets"),
        pytest.param([("Subject", "/O=x"), ("X509v3-Subject-Alternative-Name", "0x555249 3a61")], id="blanks"),
        pytest.param([("Subject", "/O=x"), ("X509v3-Subject-Alternative-Name", "0x5552493a6")], id="half an octet"),
        pytest.param([("Subject", "/O=x"), ("X509v3-Subject-Alternative-Name", "0x5552493aff")], id="not UTF-8"),
        pytest.param(
            [
                ("X509v3-Subject-Alternative-Name", octets("URI:a")),
                ("X509v3-Subject-Alternative-Name", octets("URI:b")),
            ],
            id="two prints",
        ),
    ],
)
def test_what_the_server_leaves_out_is_unclear(pairs: list[tuple[str, str]]) -> None:
    found = certificate((f"{CERT}Serial", "1"), *((f"{CERT}{name}", value) for name, value in pairs))
    assert (found.uris, found.unclear) == ((), True)


def test_a_subject_alone_is_clear() -> None:
    assert not certificate(*certificate_attributes(("Common-Name", "LAPTOP-1"))).unclear


def test_the_common_name_of_a_certificate_without_one_is_its_issuers_and_is_not_believed() -> None:
    """What 3.2.1 shows of a certificate whose subject is /O=x, issued by a CA that is called LAPTOP-1."""
    shown = [("TLS-Client-Cert-Subject", "/O=x"), ("TLS-Client-Cert-Common-Name", "LAPTOP-1")]
    found = read_certificate(Attributes(shown))
    assert found is not None
    assert found.common_name == ""
    found = read_certificate(Attributes([("TLS-Client-Cert-Subject", "/O=x\\/CN=y"), shown[1]]))
    assert found is not None
    assert found.common_name == ""
