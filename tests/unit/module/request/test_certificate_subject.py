"""The serial number in a certificate's subject, its extensions and its end."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from parts.der import BMP_STRING, INTEGER, SEQUENCE, UTF8_STRING, der, der_integer, der_oid
from radtune.records.device_and_client import Certificate
from radtune.request.attributes import Attributes
from radtune.request.certificates import CUT_AT, read_certificate, subject_serial
from radtune.request.der import read_time
from unit.samples import as_string, certificate_attributes, octets, one_line

CERT = "TLS-Client-Cert-"
TEMPLATE = "1.3.6.1.4.1.311.21.8.2311771.7474199.3460244.7257489.7140679.205.10106425.9468319"
TEMPLATE_DER = octets(der(SEQUENCE, der_oid(TEMPLATE) + der_integer(100) + der_integer(10)))


def oneline(*parts: tuple[str, str]) -> str:
    """Print a subject as OpenSSL does from 3.0 on."""
    return "".join(f"/{key}={one_line(value)}" for key, value in parts)


def certificate(*names: tuple[str, str]) -> Certificate:
    found = read_certificate(Attributes(certificate_attributes(*names)))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("subject", "common_name", "serial"),
    [
        ("/CN=LAPTOP-1/serialNumber=SN1", "LAPTOP-1", "SN1"),
        ("/serialNumber=SN1/CN=LAPTOP-1", "LAPTOP-1", "SN1"),
        ("/C=DE/O=Contoso \\+ Co \\/ KG/OU=IT/CN=LAPTOP-1/serialNumber=SN1", "LAPTOP-1", "SN1"),
        ("/DC=com/DC=contoso/CN=LAPTOP-1+serialNumber=SN1", "LAPTOP-1", "SN1"),
        ("/serialNumber=SN1", "", "SN1"),
        ("/CN=B\\xC3\\xBCro/serialNumber=5CG 123-4.Z", "Büro", "5CG 123-4.Z"),
        ("/CN=x\\/serialNumber=Y/serialNumber=SN1", "x/serialNumber=Y", "SN1"),
        ("/CN=serialNumber=Y/serialNumber=SN1", "serialNumber=Y", "SN1"),
        ("/CN=line\\x0Abreak/serialNumber=SN1", "line\nbreak", "SN1"),
    ],
)
def test_a_serial_number(subject: str, common_name: str, serial: str) -> None:
    assert subject_serial(subject, common_name) == serial


@pytest.mark.parametrize(
    ("subject", "common_name"),
    [
        pytest.param("", "", id="nothing"),
        pytest.param("/CN=LAPTOP-1", "LAPTOP-1", id="none"),
        pytest.param("/CN=x\\/serialNumber=Y", "x/serialNumber=Y", id="faked in the CN"),
        pytest.param("/CN=x/serialNumber=Y", "x/serialNumber=Y", id="faked in the CN: OpenSSL 1.1, or an octal escape"),
        pytest.param("/CN=x/serialNumber=Y/serialNumber=SN1", "x/serialNumber=Y", id="faked beside a real one"),
        pytest.param("/CN=x\\/serialNumber=SN1", "", id="hidden by a CN with a backslash at its end"),
        pytest.param("/CN=a\\b/serialNumber=SN1", "a\\b", id="a backslash"),
        pytest.param("/CN=a/serialNumber=SN1/CN=b", "a", id="two CNs"),
        pytest.param("/CN=a/serialNumber=SN1", "b", id="another CN"),
        pytest.param("/CN=a/serialNumber=SN1", "", id="a CN that the server doesn't give"),
        pytest.param("/serialNumber=SN1", "a", id="no CN though the server gives one"),
        pytest.param("/CN=a/serialNumber=SN1/serialNumber=SN2", "a", id="two serial numbers"),
        pytest.param("/CN=a/serialNumber=SN1/serialNumber=SN1", "a", id="twice the same"),
        pytest.param("/CN=a/serialNumber=", "a", id="empty"),
        pytest.param("/CN=a/serialNumber=SN\\xC3\\xBC", "a", id="no printable string"),
        pytest.param("/CN=a/serialNumber=R\\/N", "a", id="a slash in it, or a backslash and a slash"),
        pytest.param("/CN=a/1.2.3=b/serialNumber=SN1", "a", id="an unknown part"),
        pytest.param("/CN=a/serial=b/serialNumber=SN1", "a", id="a part that isn't"),
        pytest.param("/CN=a/b/serialNumber=SN1", "a", id="a slash"),
        pytest.param("CN=a, serialNumber=SN1", "a", id="another form"),
        pytest.param("/CN=a\n/serialNumber=SN1", "a\n", id="a line break"),
        pytest.param(f"/O={'x' * CUT_AT}/CN=a/serialNumber=SN1", "a", id="cut"),
    ],
)
def test_no_serial_number(subject: str, common_name: str) -> None:
    assert subject_serial(subject, common_name) == ""


keys = st.sampled_from(["CN", "serialNumber", "O", "OU", "DC", "emailAddress"])
# No null byte: policy.d/radtune refuses it.
pieces = (*"abü/+=\\ ", "serialNumber=", "/serialNumber=", "/CN=", "\\057", "\\053", "\\n", "\n")
values = st.lists(st.sampled_from(pieces), max_size=5).map("".join)


@given(st.lists(st.tuples(keys, values), max_size=5))
@example([("CN", "x\\057serialNumber=Y")])
@example([("CN", "x\\"), ("serialNumber", "a")])
def test_no_faked_serial_number_is_believed(parts: list[tuple[str, str]]) -> None:
    """Whatever a subject is made of, a serial number that is read is one, but for an octal escape beside the CN."""
    names = [value for key, value in parts if key == "CN"]
    subject = as_string(oneline(*parts)) or ""
    found = subject_serial(subject, (as_string(names[0]) or "") if names else "")
    others = "".join(value for key, value in parts if key != "CN")
    if "\\05" not in others and found:
        assert found in [value for key, value in parts if key == "serialNumber"]


@given(st.lists(st.tuples(keys.filter(lambda key: key != "CN"), values), max_size=3), values, values)
def test_an_ordinary_serial_number_is_read(more: list[tuple[str, str]], name: str, serial: str) -> None:
    plain = [(key, value.replace("\\", "")) for key, value in more if key != "serialNumber"]
    name, serial = name.replace("\\", ""), "".join(char for char in serial if " " <= char <= "~" and char not in "\\/+")
    parts = [*plain, *([("CN", name)] if name else []), ("serialNumber", serial)]
    assert subject_serial(oneline(*parts), name) == serial


@given(st.text(), st.text())
def test_any_subject_is_taken(subject: str, common_name: str) -> None:
    assert subject_serial(subject, common_name) in subject


def test_the_record_holds_it() -> None:
    names = (("Common-Name", "LAPTOP-1"), ("Expiration", "361120201751Z"))
    found = read_certificate(Attributes(certificate_attributes(*names, subject="/CN=LAPTOP-1/serialNumber=SN1")))
    assert found is not None
    assert (found.subject, found.subject_serial) == ("/CN=LAPTOP-1/serialNumber=SN1", "SN1")
    assert found.expires_at == 2110825071


def test_what_it_is_for() -> None:
    usages = [("X509v3-Extended-Key-Usage-OID", oid) for oid in ("1.3.6.1.5.5.7.3.2", "1.3.6.1.4.1.311.10.3.4")]
    assert certificate(*usages, *usages).eku == ("1.3.6.1.5.5.7.3.2", "1.3.6.1.4.1.311.10.3.4")
    assert certificate(("X509v3-Extended-Key-Usage-OID", "TLS Web Client Authentication")).eku == ()
    assert certificate().eku == ()


V1, V2, NAMED_V2 = "1.3.6.1.4.1.311.20.2", "1.3.6.1.4.1.311.21.7", "Microsoft-certificate-template"
MACHINE = octets(der(BMP_STRING, "Machine".encode("utf-16-be")))


def template_of(*content: bytes) -> str:
    return octets(der(SEQUENCE, b"".join(content)))


@pytest.mark.parametrize(
    ("names", "template"),
    [
        ([(V2, TEMPLATE_DER)], TEMPLATE),
        ([(NAMED_V2, TEMPLATE_DER)], TEMPLATE),
        ([(V2, TEMPLATE_DER), (NAMED_V2, TEMPLATE_DER), (V1, MACHINE)], TEMPLATE),
        ([(V2, template_of(der_oid("1.2.3")))], "1.2.3"),
        ([(V2, template_of(der_oid("1.2.3"), der_integer(1)))], "1.2.3"),
        ([(V1, MACHINE)], "Machine"),
        ([(V1, octets(der(UTF8_STRING, "Büro-WLAN".encode())))], "Büro-WLAN"),
        ([], ""),
    ],
)
def test_template(names: list[tuple[str, str]], template: str) -> None:
    assert certificate(*names).template == template


@pytest.mark.parametrize(
    "names",
    [
        pytest.param([(V2, template_of(der_oid("1.2.3"))), (V2, TEMPLATE_DER)], id="two templates"),
        pytest.param([(V1, MACHINE), (V1, octets(der(UTF8_STRING, b"User")))], id="two names"),
        pytest.param([(V2, TEMPLATE_DER[:-2])], id="cut"),
        pytest.param([(V2, f"{TEMPLATE_DER}00")], id="more behind it"),
        pytest.param([(V2, TEMPLATE_DER.removeprefix("0x"))], id="not octets"),
        pytest.param([(V2, octets(der_oid("1.2.3")))], id="no sequence"),
        pytest.param([(V2, template_of())], id="empty"),
        pytest.param([(V2, template_of(der_integer(1)))], id="no identifier"),
        pytest.param([(V2, template_of(der_oid("1.2.3"), der(UTF8_STRING, b"x")))], id="no version number"),
        pytest.param([(V2, template_of(der_oid("1.2.3"), der(INTEGER, b"")))], id="an empty version number"),
        pytest.param([(V2, template_of(der_oid("1.2.3"), *3 * [der_integer(1)]))], id="too many version numbers"),
        pytest.param([(V2, "0x"), (V1, MACHINE)], id="a name beside what can't be read"),
        pytest.param([(V1, octets(der(UTF8_STRING, b"1.2.3")))], id="a name that looks like an identifier"),
        pytest.param([(V1, octets(der(UTF8_STRING, b"a\n")))], id="a line break"),
        pytest.param([(V1, octets(der(UTF8_STRING, b"\xff")))], id="not UTF-8"),
        pytest.param([(V1, octets(der(BMP_STRING, b"\xd8\x00")))], id="half a surrogate pair"),
        pytest.param([(V1, octets(der(BMP_STRING, b"\x00a\x00")))], id="half a character"),
        pytest.param([(V1, octets(der(0x04, b"Machine")))], id="no string"),
        pytest.param([(V1, "Machine")], id="no octets"),
    ],
)
def test_no_template(names: list[tuple[str, str]]) -> None:
    assert certificate(*names).template == ""


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("700101000000Z", 0),
        ("700101000001Z", 1),
        ("361120201751Z", 2110825071),
        ("491231235959Z", 2524607999),
        ("500101000000Z", 0),
        ("991231235959Z", 946684799),
        ("20500101000000Z", 2524608000),
        ("99991231235959Z", 253402300799),
        ("240229000000Z", 1709164800),
    ],
)
def test_times(text: str, seconds: int) -> None:
    assert read_time(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        *("", "Z", "361120201751", "3611202017Z", "361120201751z", "361120201751+0100", "361120201751.5Z"),
        *("20361120201751.5Z", "203611202017Z0", "361320201751Z", "361131201751Z", "230229000000Z", "361120241751Z"),
        *(
            "361120206051Z",
            "361120201760Z",
            "361120201761Z",
            "00000101000000Z",
            "\u0663\u0666" + "1120201751Z",
            " 361120201751Z",
        ),
    ],
)
def test_no_times(text: str) -> None:
    assert read_time(text) == 0


@given(st.text() | st.text("0123456789Z", max_size=16))
def test_any_text_is_taken(text: str) -> None:
    assert read_time(text) >= 0
