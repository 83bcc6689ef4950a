"""`radtune nas check`, `test` and `profiles`."""

import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from radtune.errors import ExitCode
from radtune.records.device_and_client import Session
from radtune.stores.sessions import SessionStore
from radtune_tools.commands import nas_test
from radtune_tools.radclient.batch import Outgoing
from radtune_tools.radclient.output import Reply
from radtune_tools.radclient.packet import Packet
from unit.running import KEY, Run
from unit.samples import NOW, SETTINGS, by_mac

NAS = """\
nas:
  - {name: switches, nas: [192.0.2.1, 192.0.2.2, sw-*], profile: cisco, secret_file: coa}
  - {name: aps, nas: ["ap-*"], coa_address: "2001:db8::9", port: 1813, profile: mine.yaml, secret_file: coa, rate: 3}
  - {name: site, nas: [198.51.100.0/24], secret_file: coa}
"""
MINE = """\
description: Mine
methods:
  - name: disconnect
    packet: Disconnect-Request
    attributes: {User-Name: "{user_name}", NAS-Port: "{nas_port}", Class: "0x41"}
accept: {Filter-Id: "vlan{vlan}"}
notes: [Be careful.]
"""


@pytest.fixture
def nas(office: Path) -> Path:
    """Return the office with three entries under nas."""
    (office / "settings.yaml").write_text(SETTINGS + NAS)
    (office / "mine.yaml").write_text(MINE)
    (office / "coa").write_text("s3cret\n")
    (office / "coa").chmod(0o600)
    return office


def test_check_shows_every_packet(run: Run, nas: Path) -> None:
    ran = run("nas", "check", "aps")
    assert (ran.code, ran.err) == (0, "")
    assert (
        ran.out
        == f"""\
aps: ap-*
  profile mine: Mine
  secret in {nas}/coa; at most 3 packets a second to each
  disconnect (source not given; not seen by radtune's tests)
    Packet-Type = Disconnect-Request
    Packet-Dst-IPv6-Address = 2001:db8::9
    Packet-Dst-Port = 1813
    NAS-IP-Address = "{{nas_address}}"
    User-Name = "{{user_name}}"
    NAS-Port = "{{nas_port}}"
    Class = "0x41"
    Event-Timestamp = {{now}}
    Message-Authenticator = 0x00
  gets in the Access-Accept beside the VLAN: Filter-Id = vlan{{vlan}}
  note: Be careful.
"""
    )


def test_check_of_all_and_of_one(run: Run, nas: Path) -> None:
    assert nas.exists()
    everything = run("--json", "nas", "check").json
    assert [row["name"] for row in everything] == ["switches", "aps", "site"]
    assert [each["method"] for each in everything[0]["methods"]] == ["reauthenticate", "disconnect", "bounce"]
    assert "s3cret" not in json.dumps(everything)
    for word, name in (("192.0.2.2", "switches"), ("SW-9", "switches"), ("198.51.100.5", "site"), ("ap-1", "aps")):
        assert [row["name"] for row in run("--json", "nas", "check", word).json] == [name]
    ran = run("nas", "check", "nobody")
    assert ran.code == ExitCode.USAGE
    said = f"nobody: no entry under nas in {nas}/settings.yaml or settings.d has this name, or names this NAS"
    assert ran.err == f"radtune: {said}; there are switches, aps, site\n"
    (nas / "settings.yaml").write_text(SETTINGS)
    assert run("nas", "check", "nobody").err == f"radtune: {said}; there are none\n"


def test_check_names_what_is_missing(run: Run, nas: Path) -> None:
    (nas / "coa").chmod(0o644)
    ran = run("nas", "check")
    assert ran.code == ExitCode.NOT_PERMITTED
    assert ran.err.count("lets every user have the CoA secret of") == 3
    (nas / "mine.yaml").write_text(MINE.replace("NAS-Port", "NAS-Prot"))
    assert "mine.yaml:5: methods[1].attributes.NAS-Prot: unknown attribute" in run("nas", "check", "aps").err


def test_check_shows_which_methods_an_entry_picks(run: Run, nas: Path) -> None:
    text = (nas / "settings.yaml").read_text()
    (nas / "settings.yaml").write_text(text.replace("profile: cisco", "profile: cisco, methods: [bounce, disconnect]"))
    assert "  of its methods only, in this order: bounce, disconnect\n" in run("nas", "check", "switches").out
    (row,) = run("--json", "nas", "check", "switches").json
    assert [each["method"] for each in row["methods"]] == row["picked"] == ["bounce", "disconnect"]
    assert "of its methods" not in run("nas", "check", "aps").out


def test_check_names_all_faults_of_a_profile_at_once(run: Run, nas: Path) -> None:
    (nas / "mine.yaml").write_text(MINE.replace("NAS-Port", "NAS-Prot").replace("vlan{vlan}", "vlan{vlam}"))
    ran = run("nas", "check")
    assert (ran.code, ran.out) == (ExitCode.CONFIGURATION, "")
    assert "methods[1].attributes.NAS-Prot: unknown attribute NAS-Prot; did you mean NAS-Port?" in ran.err
    assert "accept.Filter-Id: unknown field vlam; did you mean vlan?" in ran.err
    assert ran.err == run("policy", "check").err


def test_check_of_one_nas_for_a_session_of_another(run: Run, nas: Path) -> None:
    assert nas.exists()
    ran = run("nas", "check", "aps", "--session", KEY)
    assert ran.code == ExitCode.USAGE
    assert "NAS or --session: a session is shown for the NAS that it is on" in ran.err


def test_check_without_entries(run: Run, office: Path) -> None:
    assert run("nas", "check").out == f"no entries under nas in {office}/settings.yaml or settings.d\n"


def test_check_for_a_live_session(run: Run, nas: Path) -> None:
    with closing(SessionStore(nas / "store/sessions", create=True, timeout=1.0)) as store:
        store.put(Session(replace(by_mac(), user_name='a"b'), "vlan 750", NOW, device_name="LAPTOP-1"))
    ran = run("nas", "check", "--session", "LAPTOP-1")
    assert (ran.code, ran.err) == (0, "")
    assert f"{KEY} by bounce:\n    Packet-Type = CoA-Request\n    Packet-Dst-IP-Address = 192.0.2.1\n" in ran.out
    assert '    Calling-Station-Id = "0016cbaabb01"\n' in ran.out
    assert len(run("--json", "nas", "check", "--session", KEY).json) == 3
    (nas / "coa").unlink()
    missing = run("nas", "check", "--session", KEY)
    assert missing.code == ExitCode.NOT_ENFORCED
    assert f"{KEY} by disconnect: {nas}/coa:1: there is no such file" in missing.err
    assert run("nas", "check", "--session", "nobody").code == ExitCode.USAGE


def test_profiles(run: Run, office: Path) -> None:
    assert office.exists()
    rows = {row["profile"]: row for row in run("--json", "nas", "profiles").json}
    assert rows["cisco"]["methods"] == ["reauthenticate", "disconnect", "bounce"]
    assert "hostapd" in run("nas", "profiles").out


class Answering:
    """What stands in the place of radclient."""

    def __init__(self) -> None:
        self.packets: list[Packet] = []
        self.replies: list[Reply] = []

    def send(self, outgoing: Sequence[Outgoing]) -> list[Reply]:
        """Answer as told."""
        assert {(each.secret_file.name, each.rate) for each in outgoing} <= {("coa", 3), ("coa", 20)}
        self.packets += [each.packet for each in outgoing]
        return self.replies[: len(outgoing)]


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Answering:
    made = Answering()
    monkeypatch.setattr(nas_test, "send", made.send)
    return made


NAK = "CoA-NAK: Session-Context-Not-Found (503: the NAS has no such session)"


@pytest.mark.parametrize(
    ("reply", "code", "meaning"),
    [
        (
            Reply("refused", NAK, 503),
            0,
            "port, secret and routing are right, and the NAS has no such session",
        ),
        (Reply("acknowledged", "CoA-ACK"), 4, "it acknowledges a session that doesn't exist"),
        (Reply("refused", "CoA-NAK: x (402: y)", 402), 4, "but the NAS wants an attribute that this question lacks"),
        (Reply("refused", "CoA-NAK: x (501: y)", 501), 4, "but the NAS would not obey"),
        (Reply("refused", "CoA-NAK"), 4, "but the NAS would not obey"),
        (Reply("unanswered", "no answer from 192.0.2.1"), 75, "is CoA switched on there"),
        (Reply("unanswered", "is signed with another secret"), 75, "port and routing are right, the secret is not"),
        (Reply("pending", "not sent: can't be reached"), 75, "nothing was proved"),
    ],
)
@pytest.mark.usefixtures("nas")
def test_what_an_answer_proves(run: Run, answering: Answering, reply: Reply, code: int, meaning: str) -> None:
    answering.replies = [reply]
    ran = run("nas", "test", "192.0.2.1")
    assert ran.code == code
    said = ran.err if code else ran.out
    assert f"switches: 192.0.2.1 port 1700: CoA-Request: {reply.state} ({reply.answer}): " in said
    assert meaning in said


@pytest.mark.usefixtures("nas")
def test_a_probe_is_about_nobody(run: Run, answering: Answering) -> None:
    answering.replies = [Reply("refused", NAK, 503)] * 2
    rows = run("--json", "nas", "test", "switches", "--method", "disconnect").json
    assert [(row["address"], row["good"]) for row in rows] == [("192.0.2.1", True), ("192.0.2.2", True)]
    pairs = dict(answering.packets[0].pairs)
    assert answering.packets[0].kind == "Disconnect-Request"
    assert pairs["NAS-IP-Address"] == "192.0.2.1"
    assert pairs["Calling-Station-Id"].startswith("02-")
    assert pairs["Cisco-AVPair"].startswith("audit-session-id=radtune-probe-")
    assert answering.packets[0].pairs != answering.packets[1].pairs


def test_a_probe_that_would_name_nobody_is_not_sent(run: Run, nas: Path, answering: Answering) -> None:
    (nas / "mine.yaml").write_text(MINE.replace('User-Name: "{user_name}", ', ""))
    ran = run("nas", "test", "ap-7")
    assert ran.code == ExitCode.USAGE
    assert "ap-7: profile mine: disconnect would name no client: the session has no nas_port" in ran.err
    assert answering.packets == []


@pytest.mark.usefixtures("nas")
def test_where_a_probe_goes(run: Run, answering: Answering) -> None:
    answering.replies = [Reply("refused", NAK, 503)]
    run("nas", "test", "ap-7")
    assert answering.packets[0].address == "2001:db8::9"
    assert ("NAS-Identifier", "ap-7") in answering.packets[0].pairs
    ran = run("nas", "test", "site")
    assert ran.code == ExitCode.USAGE
    assert "198.51.100.0/24 is no single NAS; name one by its address" in ran.err
    assert run("nas", "test", "192.0.2.1/24").code == ExitCode.USAGE
