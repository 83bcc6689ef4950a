"""What an operator forgets: what the server says of it stands in docs/start.md."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from parts.office import Office, device
from parts.raddb import edit, server_directory
from parts.radius_client import mac_login
from parts.readable import PROJECT

PAGE = (PROJECT / "docs/start.md").read_text()
FORGOTTEN = {
    "Unknown attribute 'Radtune-": ("dictionary", r"^\$INCLUDE mods-config/radtune.*", ""),
    "mods-enabled/radtune_hook": ("mods-available/radtune", r"^python3 radtune_hook", "python3 another"),
    "mods-enabled/utf8.": ("mods-available/utf8", r"^utf8 \{", "utf8 another {"),
    "No module named 'radtune'": ("mods-available/radtune", r"^\tpython_path = .*", '\tpython_path = "/nowhere"'),
}


@pytest.fixture(scope="module")
def office() -> Iterator[Office]:
    """An office with a filled store, whose server isn't running."""
    with server_directory() as directory, Office(directory, [device(1)], synced=False) as office:
        office.radtune("sync", expect=0)
        yield office


@pytest.fixture
def changed(office: Office, said: str) -> Iterator[Path]:
    """A file of the server in which a step was forgotten; mended afterwards."""
    name, *replacement = FORGOTTEN[said]
    file = office.server.raddb / name
    before = file.read_text()
    edit(file, (replacement[0], replacement[1]))
    yield file
    file.write_text(before)


@pytest.mark.usefixtures("changed")
@pytest.mark.parametrize("said", FORGOTTEN)
def test_a_step_that_was_forgotten(office: Office, said: str) -> None:
    assert f"| `{said}` |" in PAGE
    (shown,) = set(re.findall(r"tail -n (\d+)", PAGE))
    before = len(office.server.log)
    with pytest.raises(RuntimeError, match="freeradius did not start"):
        office.server.start()
    assert said in "\n".join(office.server.log[before:].splitlines()[-int(shown) :])


def test_a_certificate_check_that_is_not_linked(office: Office) -> None:
    link = office.server.raddb / "sites-enabled/radtune-check-eap-tls"
    link.unlink()
    said = "eap: Failed continuing EAP TLS"
    assert said in PAGE
    with office.server:
        (login,) = office.eap_tls(office.authority.issue_client("laptop"), "02:00:00:00:00:01")
        assert login.code == "Access-Reject"
    assert said in office.events()[-1]["reason"]
    link.symlink_to("../sites-available/radtune-check-eap-tls")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize("name", ["policy.yaml", "intune-secret"])
def test_policy_check_by_root_reads_as_the_server_does(office: Office, name: str) -> None:
    file = office.settings_file.with_name(name)
    os.chown(file, 0, 0)
    file.chmod(0o600)
    try:
        said = office.radtune("policy", "check", expect=77).stderr
    finally:
        os.chown(file, office.store.stat().st_uid, -1)
    assert f"{file}: this user may not read" in said and "chgrp freerad" in said
    office.radtune("policy", "check", expect=0)


def test_what_an_upgrade_leaves_in_policy_d_changes_no_answer(office: Office) -> None:
    """The server reads it, in any order, but for names with a ~."""
    policies = office.server.raddb / "policy.d"
    left = [policies / name for name in ("radtune.dpkg-dist", "radtune.dpkg-new", "radtune.radtune-new~")]
    for file in left:
        file.write_text((policies / "radtune").read_text())
    left[-1].write_text("radtune.post-auth {\n\treject\n}\n")
    with office.server:
        assert office.client.login(*mac_login("0016cb000001")).code == "Access-Accept"
    for file in left:
        file.unlink()
