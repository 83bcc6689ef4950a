"""What the doctor finds in a stock configuration, `radtune setup` mends; of what is installed it finds nothing."""

import json
import os
from collections.abc import Iterator

import pytest

from parts.office import device
from parts.private_machine import PrivateMachine
from parts.raddb import server_directory

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="namespaces want root")
NOT_SETUPS = {"eap_ca", "policy_warning"}
"""The stock file of CAs, and the VLAN that the shipped policy leaves to the operator."""


@pytest.fixture(scope="module")
def machine() -> Iterator[PrivateMachine]:
    with server_directory() as directory, PrivateMachine(directory, [device(1)]) as machine:
        yield machine


def found(machine: PrivateMachine) -> set[str]:
    """Return the kinds of what the doctor finds."""
    answer = json.loads(machine.run("radtune", "--json", "doctor", "--offline", expect=1).stdout)
    kinds = {each["kind"] for each in answer["findings"]}
    assert kinds >= NOT_SETUPS, answer["findings"]
    return kinds - NOT_SETUPS


def test_what_is_found_before_setup_and_after(machine: PrivateMachine) -> None:
    before = found(machine)
    assert before == {
        *("module_disabled", "dictionary", "eap_tls_check", "eap_inner_tunnel", "site_missing", "server_down"),
    }
    machine.setup()
    assert found(machine) == set()
    machine.setup("--undo")
    assert found(machine) == before


def test_a_site_of_the_operator_s_own(machine: PrivateMachine) -> None:
    with (machine.raddb / "sites-available/default").open("a") as site:
        site.write("# mine\n")
    assert "site_missing" in found(machine)
    assert "your sites stay, and get radtune's words\n" in machine.setup().stdout
    assert found(machine) == set()
