"""What the README shows of the command's output is what the command prints."""

import re
from collections.abc import Iterator

import pytest

from parts.eapol import Supplicant, eap_login
from parts.manual import PAGES, fenced
from parts.office import Office, device, mac_of
from parts.raddb import server_directory
from parts.radius_client import mac_login
from parts.readable import PROJECT

SHIPPED = (PROJECT / "raddb/mods-config/radtune/policy.yaml").read_text()
FLEET = (
    device(1, userPrincipalName=""),
    device(2, deviceName="PRINTER-2", complianceState="noncompliant"),
)
(SAMPLE,) = fenced(PAGES[0].read_text(), "console")
COMMANDS = re.findall(r"^\$ radtune (.*)\n((?:(?!\$ ).*\n)*)", SAMPLE, re.MULTILINE)
NAS_IP_ADDRESS = (4, bytes((192, 0, 2, 10)))
LEFT_OUT = "…\n"


@pytest.fixture(scope="module")
def office() -> Iterator[Office]:
    """A compliant laptop, a printer that isn't and a stranger have logged in; then the laptop turns noncompliant."""
    nas = {"name": "switch-1", "nas": ["192.0.2.0/24"], "secret_file": "intune-secret", "profile": "cisco"}
    policy = SHIPPED.replace("CHANGE-ME", "999")
    with server_directory() as directory, Office(directory, FLEET, nas=[nas], policy=policy) as office:
        laptop = office.authority.issue_client("LAPTOP-1", dns=[device(1)["id"]])
        supplicant = Supplicant("TLS", office.ca_file, "host/laptop-1", *office.certificate(laptop))
        eap_login(supplicant, office.server.auth_port, office.server.secret, mac_of(1), [NAS_IP_ADDRESS])
        office.client.login(*mac_login(mac_of(2)))
        office.client.login(*mac_login(mac_of(9)))
        office.intune.patch(device(1)["id"], complianceState="noncompliant")
        office.radtune("sync", expect=0)
        yield office


def without_times(text: str) -> str:
    """Return the text with TIME in the place of each time and its age, and single blanks."""
    text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z( \(\d+[smhd]\))?", "TIME", text)
    return re.sub(r"(?<=\S) +", " ", text)


def test_the_readme_shows_these_commands() -> None:
    assert [command.split()[0] for command, _ in COMMANDS] == ["events", "plan", "explain"]


@pytest.mark.parametrize(("command", "shown"), COMMANDS)
def test_the_readme_shows_what_is_printed(
    office: Office, monkeypatch: pytest.MonkeyPatch, command: str, shown: str
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)  # else a list is as wide as that
    printed = without_times(office.radtune(*command.split(), expect=0).stdout)
    parts = [re.escape(part) for part in without_times(shown).rstrip("\n").split(LEFT_OUT)]
    assert re.fullmatch(r"(?:.*\n)+".join(parts), printed.rstrip("\n")), printed
