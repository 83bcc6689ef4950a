"""The address that a packet goes to, and NASes that say one that can't be theirs."""

from dataclasses import replace
from pathlib import Path

import pytest

from radtune.config.settings import Settings, read_settings
from radtune.records.device_and_client import Session
from radtune_tools.enforce.nas_requests import NasRequests, unusable_secrets
from unit.samples import NOW, SETTINGS, by_mac

NASES = """\
nas:
  - {name: all, nas: [0.0.0.0/0], secret_file: coa}
  - {name: lab, nas: [127.1.0.0/16, sw-*], secret_file: coa}
  - {name: fixed, nas: [127.2.0.0/16], secret_file: coa, coa_address: 192.0.2.200}
"""


@pytest.fixture
def settings(tmp_path: Path, secret: Path) -> Settings:
    (tmp_path / "settings.yaml").write_text(SETTINGS + NASES.replace("secret_file: coa", f"secret_file: {secret}"))
    return read_settings(tmp_path / "settings.yaml")


@pytest.mark.parametrize(
    ("words", "address", "obstacle"),
    [
        ({"nas_address": "192.0.2.1"}, "192.0.2.1", ""),
        ({"nas_address": "127.0.0.5"}, "", "127.0.0.5 says that it is 127.0.0.5, which can't be its address"),
        (
            {"nas_address": "127.0.0.5", "nas_claimed": "169.254.0.1", "nas_identifier": "sw1"},
            "",
            "sw1 says that it is 169.254.0.1, and its packets come from 127.0.0.5",
        ),
        ({"nas_address": "127.1.0.5"}, "127.1.0.5", ""),
        ({"nas_address": "127.2.0.5"}, "192.0.2.200", ""),
        ({"nas_address": "", "nas_identifier": "sw-1"}, "", "sw-1 shows no address"),
    ],
)
def test_a_packet_goes_where_a_nas_can_be(
    settings: Settings, words: dict[str, str], address: str, obstacle: str
) -> None:
    session = Session(replace(by_mac(), **words), "allow", NOW)  # type: ignore[arg-type]  # fields that are text
    prepared = NasRequests(settings).prepare(session)
    assert (prepared.packet.address if prepared.packet else "") == address
    assert prepared.obstacle.startswith(obstacle)
    assert bool(prepared.obstacle) is bool(obstacle)


def test_an_entry_is_named_with_the_address_that_its_packets_come_from(tmp_path: Path, secret: Path) -> None:
    (tmp_path / "settings.yaml").write_text(SETTINGS)
    asking = NasRequests(read_settings(tmp_path / "settings.yaml"))
    for claimed, said in (("0.0.0.0", " (its packets come from there; it says 0.0.0.0)"), ("", "")):  # noqa: S104
        session = Session(replace(by_mac(), nas_claimed=claimed), "allow", NOW)
        assert asking.prepare(session).obstacle.endswith(f"names 192.0.2.1{said}")


def test_a_secret_that_can_t_be_used_is_told_for_each_entry(settings: Settings, secret: Path) -> None:
    assert list(unusable_secrets(settings)) == []
    secret.chmod(0o644)
    assert [str(each).count("the CoA secret of") for each in unusable_secrets(settings)] == [1, 1, 1]
