"""Everything that a certificate may say reaches the module, and says the same when the TLS session is resumed."""

import datetime
from collections.abc import Iterator
from typing import Any

import pytest

from parts.raddb import TlsOptions, server_directory
from parts.steered import Call, Identities, SteeredServer, steered_server
from parts.this_server import names_uris, template_attribute, upn_prefix

CERT = "TLS-Client-Cert-"
GUID = "5f0c7a10-0000-4000-8000-00000000abcd"
SID = "S-1-5-21-1004336348-1177238915-682003330-1104"
TEMPLATE = "1.3.6.1.4.1.311.21.8.2311771.7474199.3460244.7257489.7140679.205.10106425.9468319"
# SEQUENCE { that, 100, 10 }, and BMPString "Machine".
TEMPLATE_OCTETS = "0x302f06272b0601040182371508818d8c5b83c8981781d3991483bafb1183b3ea47814d84e8ec3984c1f31f02016402010a"
MACHINE_OCTETS = "0x1e0e004d0061006300680069006e0065"
NAMES = (
    *("Serial", "Subject", "Issuer", "Common-Name", "Expiration"),
    *(f"Subject-Alt-Name-{kind}" for kind in ("Dns", "Email", "Upn", "Uri")),
    *("X509v3-Subject-Alternative-Name", "X509v3-Extended-Key-Usage-OID"),
    *("1.3.6.1.4.1.311.21.7", "Microsoft-certificate-template", "1.3.6.1.4.1.311.20.2"),
)
# What the server makes of a certificate: its attributes but Serial, Issuer, Expiration and what every one has.
Seen = dict[str, list[str]]

FORMS: dict[str, tuple[dict[str, Any], Seen]] = {
    "SCEPman's URI": ({"uris": [f"IntuneDeviceId://{GUID}"]}, {"print": [f"URI:IntuneDeviceId://{GUID}"]}),
    "that URI in upper case": (
        {"uris": [f"IntuneDeviceID://{GUID.upper()}"]},
        {"print": [f"URI:IntuneDeviceID://{GUID.upper()}"]},
    ),
    "Cisco's URI": (
        {"uris": [f"ID:Microsoft Endpoint Manager:GUID:{GUID}"]},
        {"print": [f"URI:ID:Microsoft Endpoint Manager:GUID:{GUID}"]},
    ),
    "Cisco's older URI": ({"uris": [f"ID:Intune:GUID:{GUID}"]}, {"print": [f"URI:ID:Intune:GUID:{GUID}"]}),
    "the strong mapping": (
        {"uris": [f"tag:microsoft.com,2022-09-14:sid:{SID}"]},
        {"print": [f"URI:tag:microsoft.com,2022-09-14:sid:{SID}"]},
    ),
    "several URIs": (
        {"uris": [f"IntuneDeviceId://{GUID}", f"tag:microsoft.com,2022-09-14:sid:{SID}", "https://example/"]},
        {"print": [f"URI:IntuneDeviceId://{GUID}, URI:tag:microsoft.com,2022-09-14:sid:{SID}, URI:https://example/"]},
    ),
    "a DNS name": ({"dns": [GUID]}, {"Subject-Alt-Name-Dns": [GUID], "print": [f"DNS:{GUID}"]}),
    "a DNS name with a domain": (
        {"dns": [f"{GUID.upper()}.corp.example"]},
        {"Subject-Alt-Name-Dns": [f"{GUID.upper()}.corp.example"], "print": [f"DNS:{GUID.upper()}.corp.example"]},
    ),
    "several DNS names": (
        {"dns": ["laptop-1", "laptop-1.corp.example"]},
        {
            "Subject-Alt-Name-Dns": ["laptop-1", "laptop-1.corp.example"],
            "print": ["DNS:laptop-1, DNS:laptop-1.corp.example"],
        },
    ),
    "a UPN": (
        {"upns": ["ann@corp.example", "bob@corp.example"]},
        {
            "Subject-Alt-Name-Upn": ["ann@corp.example", "bob@corp.example"],
            "print": [f"{upn_prefix()}ann@corp.example, {upn_prefix()}bob@corp.example"],
        },
    ),
    "an e-mail address": (
        {"emails": ["ann@corp.example", "bob@corp.example"]},
        {
            "Subject-Alt-Name-Email": ["ann@corp.example", "bob@corp.example"],
            "print": ["email:ann@corp.example, email:bob@corp.example"],
        },
    ),
    "the CN": ({"common_name": GUID}, {"Subject": [f"/CN={GUID}"], "Common-Name": [GUID]}),
    "a serial number": ({"subject_serial": "5CG1234ABC"}, {"Subject": ["/CN=LAPTOP-1/serialNumber=5CG1234ABC"]}),
    "a serial number and a name that pretends to one": (
        {"common_name": "Bü+/serialNumber=FAKE", "subject_serial": "5CG1234ABC", "unit": "R/D"},
        {
            "Subject": ["/OU=R\\/D/CN=B\\xC3\\xBC\\+\\/serialNumber=FAKE/serialNumber=5CG1234ABC"],
            "Common-Name": ["Bü+/serialNumber=FAKE"],
        },
    ),
    "no subject": (
        {"common_name": None, "dns": ["a"]},
        {"Subject": [], "Common-Name": [], "Subject-Alt-Name-Dns": ["a"], "print": ["DNS:a"]},
    ),
    "several purposes": (
        {"eku": ["1.3.6.1.5.5.7.3.2", "1.3.6.1.4.1.311.10.3.4", "2.999.7"]},
        {"X509v3-Extended-Key-Usage-OID": ["1.3.6.1.5.5.7.3.2", "1.3.6.1.4.1.311.10.3.4", "2.999.7"]},
    ),
    "a template": ({"template": TEMPLATE}, {template_attribute(): [TEMPLATE_OCTETS]}),
    "a template of version 1": ({"template_name": "Machine"}, {"1.3.6.1.4.1.311.20.2": [MACHINE_OCTETS]}),
}


def seen(call: Call) -> Seen:
    found = {name: call.all(f"{CERT}{name}") for name in NAMES}
    printed = [bytes.fromhex(value[2:]).decode() for value in found.pop("X509v3-Subject-Alternative-Name")]
    return {**found, "Subject": call.subject(), "print": printed}


@pytest.mark.parametrize("form", FORMS)
def test_each_form_reaches_the_module(resuming: SteeredServer, identities: Identities, form: str) -> None:
    issued, expected = FORMS[form]
    pair = identities.authority.issue_client(**{"common_name": "LAPTOP-1", **issued})
    resuming.answer()
    fresh, resumed = resuming.eap(identities.eap_tls(pair), again=1)
    assert (fresh.code, fresh.resumed, resumed.code, resumed.resumed) == ("Access-Accept", False, "Access-Accept", True)
    assert resuming.questions == ["certificate", "login", "certificate", "login"]
    first, *others = [seen(call) for call in resuming.calls]
    assert others == [first] * 3
    same = {name: first[name] for name in ("Serial", "Issuer", "Expiration")}
    assert all(len(values) == 1 for values in same.values())
    usual = {"Subject": ["/CN=LAPTOP-1"], "Common-Name": ["LAPTOP-1"]}
    usual["X509v3-Extended-Key-Usage-OID"] = ["1.3.6.1.5.5.7.3.2"]
    usual["Subject-Alt-Name-Uri"] = issued.get("uris", []) if names_uris() else []
    assert first == {**{name: [] for name in first}, **usual, **same, **expected}


@pytest.mark.parametrize(
    ("year", "written"), [(2049, "491231235959Z"), (2050, "20501231235959Z"), (9999, "99991231235959Z")]
)
def test_the_end_is_written_in_two_forms(
    steered: SteeredServer, identities: Identities, year: int, written: str
) -> None:
    ends = datetime.datetime(year, 12, 31, 23, 59, 59, tzinfo=datetime.UTC)
    steered.answer()
    steered.eap(identities.eap_tls(identities.authority.issue_client("LAPTOP-1", ends=ends)))
    assert [call.all(f"{CERT}Expiration") for call in steered.calls] == [[written], [written]]


@pytest.fixture(scope="module")
def newer_names(identities: Identities) -> Iterator[SteeredServer]:
    """A server whose OpenSSL has a name for the template's extension, as it has by itself from 3.2 on."""
    with server_directory() as directory:
        file = directory / "openssl.cnf"
        file.write_text(
            "openssl_conf = all\n[all]\noid_section = names\n[names]\n"
            "ms-cert-templ = Microsoft certificate template, 1.3.6.1.4.1.311.21.7\n"
        )
        environment = {"OPENSSL_CONF": str(file)}
        with steered_server(identities, tls=TlsOptions(cache=True), environment=environment) as server:
            yield server


def test_the_template_under_its_newer_name(newer_names: SteeredServer, identities: Identities) -> None:
    newer_names.answer()
    newer_names.eap(identities.eap_tls(identities.authority.issue_client("LAPTOP-1", template=TEMPLATE)), again=1)
    found = [seen(call) for call in newer_names.calls]
    assert [each["Microsoft-certificate-template"] for each in found] == [[TEMPLATE_OCTETS]] * 4
    assert [each["1.3.6.1.4.1.311.21.7"] for each in found] == [[]] * 4
