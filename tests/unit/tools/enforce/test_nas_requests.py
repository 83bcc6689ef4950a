"""Sessions -> entry, profile, packet; and what became of each."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from radtune.config.settings import Settings, read_settings
from radtune.records.device_and_client import Facts, Session
from radtune_tools.enforce import nas_requests as nas_requests_module
from radtune_tools.enforce.nas_requests import Confirm, NasRequests, Prepared
from radtune_tools.radclient.batch import Outgoing
from radtune_tools.radclient.output import UNWANTED, Reply
from unit.defaults import nas
from unit.samples import NOW, SETTINGS, by_mac

DICTIONARY = Path("/usr/share/freeradius/dictionary")
ACK = Reply("acknowledged", "Disconnect-ACK")
GONE = Reply("refused", "Disconnect-NAK: Session-Context-Not-Found", 503)


def on(**more: str) -> Session:
    """Return a session on this NAS."""
    return Session(replace(by_mac(), **more), "allow", NOW)  # type: ignore[arg-type]  # fields of Facts that are text


@pytest.fixture
def settings(tmp_path: Path, secret: Path) -> Settings:
    """Return settings with a few entries."""
    entries = (
        nas("site", "192.0.2.0/24", secret),
        nas("sw1", "192.0.2.1", secret, profile="cisco", port=3799),
        nas("aps", "ap-*", secret, coa_address="192.0.2.200", profile="unifi", rate=5),
        nas("v6", "2001:db8::/32", secret),
        nas("open", "198.51.100.1", tmp_path / "missing"),
        nas("odd", "198.51.100.2", secret, profile=str(tmp_path / "odd.yaml")),
        nas("mild", "198.51.100.3", secret, profile="cisco", methods=("disconnect", "reauthenticate")),
        nas("nowhere", "lost", secret),
    )
    (tmp_path / "settings.yaml").write_text(SETTINGS)
    return replace(read_settings(tmp_path / "settings.yaml"), nas=entries, dictionaries=(DICTIONARY,))


class Sent:
    """What was sent, and what is answered."""

    def __init__(self) -> None:
        self.calls: list[list[Outgoing]] = []
        self.answers: list[list[Reply]] = []

    def send(self, outgoing: Sequence[Outgoing], confirm: Callable[[Sequence[int]], set[int]]) -> list[Reply]:
        """Answer as told, or acknowledge."""
        wanted = confirm(range(len(outgoing)))
        if wanted:
            self.calls.append([each for place, each in enumerate(outgoing) if place in wanted])
        answer = self.answers.pop(0) if self.answers else [ACK] * len(outgoing)
        return [reply if place in wanted else UNWANTED for place, reply in enumerate(answer)]


def same(leaving: Sequence[Prepared]) -> list[bool]:
    """Say that no session has changed."""
    return [True] * len(leaving)


def only(*wanted: Prepared) -> Confirm:
    """Return what says that these sessions alone haven't changed."""
    return lambda leaving: [any(each is one for one in wanted) for each in leaving]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    """Return what stands in the place of radclient."""
    made = Sent()
    monkeypatch.setattr(nas_requests_module, "send", made.send)
    return made


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        (Facts(nas_address="192.0.2.1"), "sw1"),
        (Facts(nas_address="192.0.2.1", nas_identifier="ap-1"), "sw1"),
        (Facts(nas_address="192.0.2.5", nas_identifier="ap-1"), "site"),
        (Facts(nas_address="203.0.113.5", nas_identifier="AP-1"), "aps"),
        (Facts(nas_identifier="ap-1"), "aps"),
        (Facts(nas_address="2001:db8::5"), "v6"),
        (Facts(nas_address="203.0.113.5"), None),
        (Facts(), None),
    ],
)
def test_the_entry_is_the_one_that_names_a_nas_most_exactly(settings: Settings, facts: Facts, name: str | None) -> None:
    found = NasRequests(settings).find(facts)
    assert (found.name if found else None) == name


@pytest.mark.parametrize(
    ("session", "address", "port", "method"),
    [
        (on(nas_address="192.0.2.1"), "192.0.2.1", 3799, "reauthenticate"),
        (on(nas_address="192.0.2.9"), "192.0.2.9", 3799, "disconnect"),
        (on(nas_address="203.0.113.5", nas_identifier="ap-1"), "192.0.2.200", 3799, "disconnect"),
        (on(nas_address="2001:db8::5"), "2001:db8::5", 3799, "disconnect"),
    ],
)
def test_where_a_packet_goes(settings: Settings, session: Session, address: str, port: int, method: str) -> None:
    prepared = NasRequests(settings).prepare(session)
    assert prepared.packet
    assert (prepared.packet.address, prepared.packet.port, prepared.method) == (address, port, method)
    assert str(prepared) == f"{method}: {prepared.packet.kind} to {address} port {port}"


def test_the_method_can_be_chosen(settings: Settings) -> None:
    asking = NasRequests(settings)
    session = on(nas_address="192.0.2.1")
    assert asking.methods(session.facts) == ["reauthenticate", "disconnect", "bounce"]
    bounce = asking.prepare(session, "bounce").packet
    assert bounce and ("Cisco-AVPair", "subscriber:command=bounce-host-port") in bounce.pairs
    assert asking.methods(Facts()) == []


def test_an_entry_picks_and_orders_the_methods(settings: Settings) -> None:
    asking = NasRequests(settings)
    session = on(nas_address="198.51.100.3")
    assert asking.methods(session.facts) == ["disconnect", "reauthenticate"]
    assert asking.prepare(session).method == "disconnect"


@pytest.mark.parametrize(
    ("facts", "method", "obstacle"),
    [
        ({"nas_address": "203.0.113.7"}, "", "in {}/settings.yaml or settings.d names 203.0.113.7"),
        ({"nas_address": "198.51.100.1"}, "", "{}/missing:1: there is no such file"),
        ({"nas_address": "198.51.100.2"}, "", "{}/odd.yaml:1: there is no such file"),
        (
            {"nas_address": "198.51.100.3"},
            "bounce",
            "profile cisco, as picked by the entry's methods: has no method bounce, but disconnect, reauthenticate",
        ),
        ({"nas_address": "", "nas_identifier": "lost"}, "", "lost shows no address; give nowhere a coa_address"),
        ({"nas_address": "192.0.2.9"}, "bounce", "profile rfc5176: has no method bounce, but disconnect"),
        ({"calling_station_id": ""}, "", "needs mac or audit_session_id, which the session doesn't have"),
        (
            {"calling_station_id": "a\0b"},
            "disconnect",
            "can't be sent safely: Calling-Station-Id: 'a\\x00b' has a null",
        ),
    ],
)
def test_what_stands_in_the_way(
    settings: Settings, tmp_path: Path, sent: Sent, facts: dict[str, str], method: str, obstacle: str
) -> None:
    asking = NasRequests(settings)
    prepared = asking.prepare(on(**facts), method)
    assert prepared.packet is None
    assert obstacle.format(tmp_path) in prepared.obstacle
    assert str(prepared) == f"nothing: {prepared.obstacle}"
    assert asking.ask([prepared], confirm_without_ids=same) == [Reply("pending", f"not sent: {prepared.obstacle}")]
    assert sent.calls == []


def test_each_packet_goes_with_the_secret_and_rate_of_its_entry(settings: Settings, sent: Sent) -> None:
    asking = NasRequests(settings)
    sessions = [
        on(nas_address=address, nas_identifier=name, calling_station_id=f"0016cbaabb0{number}")
        for number in range(2)
        for address, name in (("192.0.2.9", ""), ("203.0.113.9", ""), ("", "ap-1"))
    ]
    replies = asking.ask([asking.prepare(session) for session in sessions], confirm_without_ids=same)
    assert [reply.state for reply in replies] == ["acknowledged", "pending", "acknowledged"] * 2
    (call,) = sent.calls
    assert [(each.packet.address, each.rate) for each in call] == [("192.0.2.9", 20), ("192.0.2.200", 5)] * 2
    assert {each.secret_file for each in call} == {settings.nas[0].secret_file}


def test_a_session_id_may_be_out_of_date(settings: Settings, sent: Sent) -> None:
    sent.answers = [[GONE, ACK]]
    asking = NasRequests(settings)
    prepared = [asking.prepare(on(nas_address="192.0.2.9", acct_session_id=each)) for each in ("A1", "A2")]
    assert asking.ask(prepared, confirm_without_ids=same) == [ACK, ACK]
    (again,) = sent.calls[1]
    assert again.packet.pairs == (("NAS-IP-Address", "192.0.2.9"), ("Calling-Station-Id", "0016cbaabb01"))


def test_without_ids_only_a_session_that_is_the_same_is_asked_for(settings: Settings, sent: Sent) -> None:
    sent.answers = [[GONE, GONE]]
    asking = NasRequests(settings)
    prepared = [asking.prepare(on(nas_address="192.0.2.9", acct_session_id=each)) for each in ("A1", "A2")]
    asked: list[Session] = []

    def confirm_without_ids(leaving: Sequence[Prepared]) -> list[bool]:
        asked.extend(each.session for each in leaving)
        return [each.session.facts.acct_session_id == "A2" for each in leaving]

    assert asking.ask(prepared, confirm_without_ids=confirm_without_ids) == [GONE, ACK]
    assert asked == [each.session for each in prepared]
    assert [len(call) for call in sent.calls] == [2, 1]


def test_without_an_id_there_is_nothing_to_ask_again(settings: Settings, sent: Sent) -> None:
    sent.answers = [[GONE]]
    asking = NasRequests(settings)
    assert asking.ask([asking.prepare(on(nas_address="192.0.2.9"))], confirm_without_ids=same) == [GONE]
    assert len(sent.calls) == 1


def test_a_packet_leaves_only_if_it_is_still_wanted(settings: Settings, sent: Sent) -> None:
    asking = NasRequests(settings)
    prepared = [asking.prepare(on(nas_address="192.0.2.9", mac=f"0016cbaabb0{number}")) for number in range(3)]
    replies = asking.ask(prepared, only(prepared[0], prepared[2]), confirm_without_ids=same)
    assert replies == [ACK, UNWANTED, ACK]
    assert len(sent.calls) == 1


def test_what_would_be_the_same_packet_for_two_sessions_leaves_once(settings: Settings, sent: Sent) -> None:
    asking = NasRequests(settings)
    ports = [replace(on(nas_address="192.0.2.9"), port=port) for port in ("1", "2", "3")]
    prepared = [asking.prepare(session) for session in ports]
    assert asking.ask(prepared, confirm_without_ids=same) == [ACK, ACK, ACK]
    assert asking.ask(prepared, only(prepared[1]), confirm_without_ids=same) == [UNWANTED, ACK, UNWANTED]
    assert asking.ask(prepared, only(), confirm_without_ids=same) == [UNWANTED] * 3
    assert [len(call) for call in sent.calls] == [1, 1]


ONLY_BY_ID = """\
description: Odd
methods:
  - {name: reauthenticate, packet: CoA-Request, attributes: {Acct-Session-Id: "{acct_session_id}"}}
  - {name: disconnect, packet: Disconnect-Request, attributes: {Calling-Station-Id: "{mac}"}}
"""


def test_without_its_id_a_session_is_not_asked_for_by_a_packet_about_everybody(settings: Settings, sent: Sent) -> None:
    (settings.file.parent / "odd.yaml").write_text(ONLY_BY_ID)
    sent.answers = [[GONE]]
    asking = NasRequests(settings)
    session = on(nas_address="198.51.100.2", acct_session_id="A1")
    assert asking.ask([asking.prepare(session, "reauthenticate")], confirm_without_ids=same) == [GONE]
    assert len(sent.calls) == 1


def test_a_method_that_would_name_nobody_is_passed_over(settings: Settings) -> None:
    (settings.file.parent / "odd.yaml").write_text(ONLY_BY_ID)
    asking = NasRequests(settings)
    session = on(nas_address="198.51.100.2")
    assert asking.methods(session.facts) == ["disconnect"]
    assert asking.prepare(session).method == "disconnect"
    said = "profile odd: reauthenticate would name no client: the session has no acct_session_id"
    assert asking.prepare(session, "reauthenticate").obstacle == said
