"""Runs of radclient, with a function in the place of the process."""

import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from radtune.errors import ConfigurationError, NotPermittedError, TemporaryError
from radtune.records import Facts, Session
from radtune.settings import Nas
from radtune_tools import radclient
from radtune_tools.radclient import Reply, command, disconnect
from unit.samples import NOW

SAMPLES = Path(__file__).parent / "radclient_output"
NAS = Nas("sw1", "192.0.2.1", "", "192.0.2.9", 3799, Path("/nowhere/coa"))
FACTS = Facts(
    mac="0016cbaabb00",
    calling_station_id="00-16-CB-AA-BB-00",
    user_name="bob",
    nas_address="192.0.2.1",
    nas_identifier="sw1",
    acct_session_id="S0",
)
Run = Callable[..., "subprocess.CompletedProcess[str]"]


def session(**more: object) -> Session:
    return Session(replace(FACTS, **more), "vlan 750", NOW)  # type: ignore[arg-type]


def expected(number: int) -> Reply:
    """Return what the NAS of the samples says to the session of this number."""
    return (
        Reply("refused", "Disconnect-NAK: Session-Context-Not-Found", session_missing=True),
        Reply("acknowledged", "Disconnect-ACK"),
        Reply("refused", "Disconnect-NAK: Session-Context-Not-Removable"),
    )[number % 3]


@pytest.fixture
def nas(tmp_path: Path) -> Nas:
    """Return a NAS whose secret is in order."""
    (tmp_path / "coa").write_text("s3cret\n")
    (tmp_path / "coa").chmod(0o600)
    return replace(NAS, secret_file=tmp_path / "coa")


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Callable[[Run], None]:
    """Return what puts a function in the place of the process."""

    def put(run: Run) -> None:
        monkeypatch.setattr(radclient.subprocess, "run", run)  # type: ignore[attr-defined]

    return put


def printed(text: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.CompletedProcess([], 1, text, "")


def acknowledge(*_: object, input: str, **__: object) -> "subprocess.CompletedProcess[str]":  # noqa: A002
    """Answer like radclient where the NAS acknowledges everything."""
    lines = []
    for number in range(input.count("Event-Timestamp")):
        lines.append(f"Sent Disconnect-Request Id {number} from 0.0.0.0:1 to 127.0.0.1:2 length 73")
        lines.append(f"Received Disconnect-ACK Id {number} from 127.0.0.1:2 to 127.0.0.1:1 length 20")
    return printed("\n".join(lines))


def test_replies_come_in_the_order_of_the_sessions(nas: Nas, answers: Callable[[Run], None]) -> None:
    answers(acknowledge)
    states = [reply.state for reply in disconnect(nas, [session(), session(acct_session_id='"'), session()])]
    assert states == ["acknowledged", "refused", "acknowledged"]


def test_a_session_that_can_t_be_sent_starts_no_process(nas: Nas, answers: Callable[[Run], None]) -> None:
    def never(*_: object, **__: object) -> "subprocess.CompletedProcess[str]":
        raise AssertionError("radclient was run")

    answers(never)
    (reply,) = disconnect(nas, [session(acct_session_id="`")])
    assert reply.state == "refused"
    assert "can't be sent safely" in reply.answer
    assert disconnect(nas, []) == []


def test_packets_are_separated_by_an_empty_line(nas: Nas, answers: Callable[[Run], None]) -> None:
    given: list[str] = []

    def kept(arguments: list[str], **options: object) -> "subprocess.CompletedProcess[str]":
        given.append(str(options["input"]))
        assert arguments == command(nas)
        assert "s3cret" not in " ".join(arguments) + given[0]
        return acknowledge(input=given[-1])

    answers(kept)
    disconnect(nas, [session(), session()])
    assert [len(part.splitlines()) for part in given[0].split("\n\n")] == [5, 5]


def test_after_a_run_without_any_answer_the_rest_is_not_sent(nas: Nas, answers: Callable[[Run], None]) -> None:
    runs: list[int] = []

    def silent(*_: object, **options: object) -> "subprocess.CompletedProcess[str]":
        runs.append(str(options["input"]).count("Event-Timestamp"))
        return printed("Sent Disconnect-Request Id 1 from 0.0.0.0:1 to 127.0.0.1:2 length 73\n")

    answers(silent)
    replies = disconnect(nas, [session()] * (radclient.PARALLEL + 3))
    assert runs == [radclient.PARALLEL]
    assert [reply.state for reply in replies] == ["unanswered"] * radclient.PARALLEL + ["pending"] * 3
    assert replies[-1].answer.startswith("not sent: ")


def test_many_sessions_are_sent_in_several_runs(nas: Nas, answers: Callable[[Run], None]) -> None:
    answers(acknowledge)
    replies = disconnect(nas, [session()] * (3 * radclient.PARALLEL + 1))
    assert {reply.state for reply in replies} == {"acknowledged"}


def test_without_radclient(nas: Nas, answers: Callable[[Run], None]) -> None:
    def missing(*_: object, **__: object) -> "subprocess.CompletedProcess[str]":
        raise FileNotFoundError(2, "No such file or directory", "radclient")

    answers(missing)
    with pytest.raises(TemporaryError, match="radclient is not installed"):
        disconnect(nas, [session()])


def test_a_radclient_that_sends_nothing_says_why(nas: Nas, answers: Callable[[Run], None]) -> None:
    answers(lambda *_, **__: subprocess.CompletedProcess([], 1, "", "radclient: Secret in coa is too short\n"))
    with pytest.raises(TemporaryError, match="radclient sent nothing: radclient: Secret in coa is too short"):
        disconnect(nas, [session()])


def test_what_came_before_the_time_was_up_counts(nas: Nas, answers: Callable[[Run], None]) -> None:
    def endless(*_: object, **__: object) -> "subprocess.CompletedProcess[str]":
        text = (SAMPLES / "answers.txt").read_text()
        raise subprocess.TimeoutExpired("radclient", 1.0, output=text.encode())

    answers(endless)
    known = [number for number in range(6) if not expected(number).session_missing]  # those are asked again
    replies = disconnect(nas, [session()] * 8)
    assert [replies[number] for number in known] == [expected(number) for number in known]


def test_a_secret_that_is_missing_or_open_to_others_sends_nothing(nas: Nas) -> None:
    nas.secret_file.chmod(0o644)
    with pytest.raises(NotPermittedError, match="the CoA secret of sw1"):
        disconnect(nas, [session()])
    nas.secret_file.unlink()
    with pytest.raises(ConfigurationError, match="the CoA secret of sw1"):
        disconnect(nas, [session()])
