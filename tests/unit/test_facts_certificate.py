"""The names in a client certificate, the printed ones included."""

import pytest

from radtune.facts import Attributes, printed_uris, read_facts

URI = "ID:Microsoft Endpoint Manager:GUID:8a0f3c11-0000-4000-8000-000000000001"
CERT = "TLS-Client-Cert-"


def test_certificate_names() -> None:
    facts = read_facts(
        Attributes(
            [
                (f"{CERT}Serial", "6c3d"),
                (f"{CERT}Issuer", "/CN=ca"),
                (f"{CERT}Common-Name", "LAPTOP-1"),
                (f"{CERT}Subject-Alt-Name-Dns", "one"),
                (f"{CERT}Subject-Alt-Name-Dns", "two"),
                (f"{CERT}Subject-Alt-Name-Email", "u@corp.example"),
                (f"{CERT}Subject-Alt-Name-Upn", "u@corp.example"),
                (
                    f"{CERT}X509v3-Subject-Alternative-Name",
                    f"DNS:one, DNS:two, URI:{URI}, email:u@corp.example, othername: UPN::u@corp.example",
                ),
                ("TLS-Cert-Common-Name", "the CA"),
            ]
        )
    )
    assert facts.certificate is not None
    assert facts.certificate.common_name == "LAPTOP-1"
    assert facts.certificate.dns == ("one", "two")
    assert facts.certificate.uris == (URI,)
    assert (facts.certificate.emails, facts.certificate.upns) == (("u@corp.example",), ("u@corp.example",))
    assert (facts.certificate.serial, facts.certificate.issuer) == ("6c3d", "/CN=ca")


def test_uri_attributes_of_their_own_count_before_the_print() -> None:
    facts = read_facts(
        Attributes(
            [
                (f"{CERT}Serial", "1"),
                (f"{CERT}Subject-Alt-Name-Uri", "IntuneDeviceId://1"),
                (f"{CERT}X509v3-Subject-Alternative-Name", "URI:IntuneDeviceId://2"),
            ]
        )
    )
    assert facts.certificate is not None
    assert facts.certificate.uris == ("IntuneDeviceId://1",)


@pytest.mark.parametrize(
    ("printed", "dns", "emails", "upns", "uris"),
    [
        ("", (), (), (), ()),
        (f"URI:{URI}", (), (), (), (URI,)),
        (f"DNS:a, URI:{URI}, email:b@c", ("a",), ("b@c",), (), (URI,)),
        (f"othername: UPN::u@x, URI:{URI}", (), (), ("u@x",), (URI,)),
        (f"othername:<unsupported>, URI:{URI}", (), (), ("u@x",), (URI,)),
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
        (f"email:a@b, URI:{URI}", (), (f"a@b, URI:{URI}",), ()),
        (f"othername: UPN::u@x, URI:{URI}", (), (), (f"u@x, URI:{URI}",)),
        (f"othername:<unsupported>, URI:{URI}", (), (), (f"u@x, URI:{URI}",)),
        (f"othername: UPN::v@x, URI:{URI}", (), (), ("u@x",)),
        (f"DirName:/CN=a, URI:{URI}", (), (), ()),
        (f"something, URI:{URI}", (), (), ()),
    ],
)
def test_a_print_that_does_not_agree_is_not_believed(
    printed: str, dns: tuple[str, ...], emails: tuple[str, ...], upns: tuple[str, ...]
) -> None:
    assert printed_uris(printed, dns, emails, upns) is None
    facts = read_facts(
        Attributes(
            [(f"{CERT}Serial", "1"), (f"{CERT}X509v3-Subject-Alternative-Name", printed)],
            [(f"{CERT}Subject-Alt-Name-Dns", name) for name in dns],
            [(f"{CERT}Subject-Alt-Name-Email", name) for name in emails],
            [(f"{CERT}Subject-Alt-Name-Upn", name) for name in upns],
        )
    )
    assert facts.certificate is not None
    assert (facts.certificate.uris, facts.certificate.unclear) == ((), True)


@pytest.mark.parametrize("printed", ["IP Address:192.0.2.1, DNS:a", "DirName:/CN=a", "email:x@y"])
def test_where_no_uri_can_hide_nothing_is_unclear(printed: str) -> None:
    assert printed_uris(printed, (), (), ()) == ()


@pytest.mark.parametrize("filling", ["x" * 2000, "x" + "ä" * 2000])
def test_a_print_that_the_server_has_cut_is_not_believed(filling: str) -> None:
    """rlm_python3 passes 1,023 bytes of a value at the most."""
    cut = f"DNS:{filling}, URI:{URI}".encode()[:1023].decode()
    assert printed_uris(cut, (cut.removeprefix("DNS:"),), (), ()) is None
