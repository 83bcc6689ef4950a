"""Sessions -> the NAS of each."""

from dataclasses import replace
from pathlib import Path

import pytest

from radtune.errors import NotPermittedError
from radtune.places import Places
from radtune.records import Facts, Session
from radtune.settings import Limits, Nas, Settings
from radtune_tools.dispatch import ask, by_nas, find_nas
from radtune_tools.radclient import Reply
from unit.samples import NOW, by_mac

SW1 = Nas("sw1", "192.0.2.1", "", "192.0.2.1", 3799, Path("x"))
AP = Nas("ap", "", "ap-1", "192.0.2.9", 3799, Path("x"))
NOWHERE = Path("/nowhere")
SETTINGS = Settings(NOWHERE / "settings.yaml", NOWHERE, NOWHERE, NOWHERE, None, (SW1, AP), Limits(), Places(), ())
ON_SW1, ON_AP = (
    Session(replace(by_mac(), nas_address=address, nas_identifier=name), "allow", NOW)
    for address, name in (("192.0.2.1", ""), ("", "ap-1"))
)
ELSEWHERE = Session(replace(by_mac(), nas_address="192.0.2.77"), "allow", NOW)


@pytest.mark.parametrize(
    ("facts", "nas"),
    [
        (Facts(nas_address="192.0.2.1"), SW1),
        (Facts(nas_address="192.0.2.1", nas_identifier="ap-1"), SW1),
        (Facts(nas_address="192.0.2.5", nas_identifier="ap-1"), AP),
        (Facts(nas_identifier="ap-1"), AP),
        (Facts(nas_identifier="AP-1"), None),
        (Facts(nas_address="192.0.2.5"), None),
        (Facts(), None),
    ],
)
def test_a_nas_is_found_by_its_address_or_else_by_its_identifier(facts: Facts, nas: Nas | None) -> None:
    assert find_nas([AP, SW1], facts) == nas


def test_the_sessions_of_each_nas() -> None:
    found = by_nas(SETTINGS, [ON_AP, ON_SW1, ELSEWHERE, ON_SW1])
    assert found == {AP: [ON_AP], SW1: [ON_SW1, ON_SW1], None: [ELSEWHERE]}


def test_what_a_nas_says(monkeypatch: pytest.MonkeyPatch) -> None:
    replies = [Reply("acknowledged", "Disconnect-ACK"), Reply("refused", "Disconnect-NAK")]
    monkeypatch.setattr("radtune_tools.dispatch.disconnect", lambda nas, sessions: replies[: len(sessions)])
    assert ask(SETTINGS, SW1, [ON_SW1, ON_SW1]) == replies


def test_whatever_is_wrong_with_a_nas_is_the_reply(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> list[Reply]:
        raise NotPermittedError("the CoA secret is open to all")

    monkeypatch.setattr("radtune_tools.dispatch.disconnect", refused)
    assert ask(SETTINGS, AP, [ON_AP] * 2) == [Reply("pending", "not sent: the CoA secret is open to all")] * 2
    (reply,) = ask(SETTINGS, None, [ELSEWHERE])
    assert reply.state == "pending"
    assert reply.answer.startswith("not sent: no entry under nas in /nowhere/settings.yaml")
    assert "192.0.2.77" in reply.answer
