"""What is read and rendered for a session: what is needed, and anew where it has changed."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from radtune.config.nas_profile import Method, Profile
from radtune.config.settings import read_settings
from radtune.policy.templates import Pairs
from radtune_tools.enforce import nas_requests as nas_requests_module
from radtune_tools.enforce.nas_requests import NasRequests
from radtune_tools.radclient.packet import render
from radtune_tools.radclient.run import check_coa_secret
from unit.moving import session
from unit.samples import SETTINGS

NAS = """\
nas:
  - {name: sw, nas: [192.0.2.1], secret_file: coa, profile: mine.yaml}
"""
SEVERAL = """\
description: Several of a name
methods:
  - name: disconnect
    packet: Disconnect-Request
    requires: [nas_port_id]
    attributes: {NAS-Port-Id: "{nas_port_id}"}
    source: by NAS-Port-Id
  - {name: bounce, packet: CoA-Request, attributes: {User-Name: "{user_name}"}, source: for bounce}
  - {name: disconnect, packet: Disconnect-Request, attributes: {Calling-Station-Id: "{mac}"}, source: by MAC}
  - {name: disconnect, packet: Disconnect-Request, attributes: {User-Name: "{user_name}"}, source: by user}
"""


@pytest.fixture
def made(office: Path) -> NasRequests:
    """Return what sends to one NAS, with a profile of its own."""
    (office / "settings.yaml").write_text(SETTINGS + NAS)
    (office / "mine.yaml").write_text(SEVERAL)
    (office / "coa").write_text("s3cret\n")
    (office / "coa").chmod(0o600)
    return NasRequests(read_settings(office / "settings.yaml"))


def test_a_secret_is_read_once_and_again_when_its_file_has_changed(
    made: NasRequests, office: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []

    def reading(file: Path, what: str) -> None:
        read.append(file)
        check_coa_secret(file, what)

    monkeypatch.setattr(nas_requests_module, "check_coa_secret", reading)
    secret, facing = office / "coa", session()
    assert all(made.prepare(facing).packet for _ in range(5))
    assert read == [secret]
    secret.chmod(0o644)
    assert "lets every user have the CoA secret of sw" in made.prepare(facing).obstacle
    secret.unlink()
    assert "there is no such file" in made.prepare(facing).obstacle
    secret.write_text("radclient drops the last letter: é\n")
    secret.chmod(0o640)
    assert "the CoA secret of sw can't be given to radclient, which drops" in made.prepare(facing).obstacle
    secret.write_text("corrected\n")
    secret.chmod(0o640)
    assert made.prepare(facing).packet


def test_methods_come_in_the_order_of_the_profile_and_each_is_rendered_once(
    made: NasRequests, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered: list[str] = []

    def rendering(profile: Profile, method: Method, fields: Mapping[str, str]) -> Pairs:
        rendered.append(method.source)
        return render(profile, method, fields)

    monkeypatch.setattr(nas_requests_module, "render", rendering)
    assert made.methods(session().facts) == ["disconnect", "bounce"]
    assert rendered == ["by NAS-Port-Id", "by MAC", "for bounce"]
