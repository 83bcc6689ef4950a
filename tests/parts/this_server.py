"""What the FreeRADIUS and the OpenSSL of this machine do otherwise than those of another release."""

import subprocess
from functools import cache
from pathlib import Path

from parts.pki import Authority

INTERNAL = Path("/usr/share/freeradius/dictionary.freeradius.internal")


@cache
def names_uris() -> bool:
    """Tell whether the server makes an attribute of each URI in a certificate."""
    return "TLS-Client-Cert-Subject-Alt-Name-Uri" in INTERNAL.read_text()


@cache
def upn_prefix() -> str:
    """Give what OpenSSL prints before a UPN: `othername: UPN::` or `othername: UPN:`."""
    printed = openssl_text(upns=["ann@corp.example"])
    (line,) = [line.strip() for line in printed.splitlines() if "ann@corp.example" in line]
    return line.removesuffix("ann@corp.example")


@cache
def template_attribute() -> str:
    """Give the name of the server's attribute for the certificate template, which is OpenSSL's for the extension."""
    named = "Microsoft certificate template" in openssl_text(template="1.3.6.1.4.1.311.21.8.1")
    return "Microsoft-certificate-template" if named else "1.3.6.1.4.1.311.21.7"


def openssl_text(**names: object) -> str:
    """Give OpenSSL's print of a client certificate with these names."""
    pair = Authority("Example Root").issue_client("LAPTOP-1", **names)  # type: ignore[arg-type]
    command = ["openssl", "x509", "-noout", "-text"]
    return subprocess.run(command, input=pair.certificate_pem, capture_output=True, check=True).stdout.decode()
