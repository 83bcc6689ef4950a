"""What the server is told: every question, and the answers to it."""

from pathlib import Path
from types import ModuleType

import pytest

from parts.event_lines import newest_events
from unit.asking import FAIL, KNOWN, NOOP, OK, REJECT, STRANGER, UNKNOWN, UPDATED, VLAN_750, ask, kinds
from unit.fake_radiusd import LEVELS, FakeRadiusd, call
from unit.samples import (
    POLICY,
    RANDOM_MAC,
    Pairs,
    accounting_request,
    device,
    fill,
    guid,
    mab_request,
    tls_request,
    ttls_request,
)


def test_the_start_says_what_was_loaded(hook: ModuleType, radiusd: FakeRadiusd, office: Path) -> None:
    assert call(lambda _: hook.instantiate(None)).code == OK
    assert radiusd.messages() == ""
    (line,) = radiusd.messages(LEVELS["INFO"]).splitlines()
    assert line.startswith(f"radtune: {office}/settings.yaml: policy {office}/policy.yaml with 2 rules")


def test_a_second_instance_with_other_settings_does_not_start(loaded: ModuleType, radiusd: FakeRadiusd) -> None:
    assert call(lambda _: loaded.instantiate(None)).code == OK, "the same again is no harm"
    radiusd.config["settings"] = "/elsewhere/settings.yaml"
    assert loaded.instantiate(None) == -1
    assert "/elsewhere/settings.yaml: this server has loaded radtune with " in radiusd.messages()
    assert ask(loaded, "login", mab_request()).code == UPDATED


@pytest.mark.parametrize(
    ("question", "request_", "code"),
    [("mab", mab_request(), UPDATED), ("certificate", KNOWN, UPDATED), ("inner", ttls_request(), NOOP)],
)
def test_allowed_before_the_login_there_is_no_vlan(
    loaded: ModuleType, office: Path, question: str, request_: Pairs, code: int
) -> None:
    outcome = ask(loaded, question, request_)
    assert outcome.code == code
    assert outcome.lists["reply"] == []
    assert outcome.values("config", "Auth-Type") == ([] if question == "inner" else ["Accept"])
    assert kinds(office) == []


@pytest.mark.parametrize("request_", [mab_request(), KNOWN, ttls_request()])
def test_an_allowed_login_gets_its_vlan(
    loaded: ModuleType, radiusd: FakeRadiusd, office: Path, request_: Pairs
) -> None:
    if request_ is KNOWN:
        ask(loaded, "certificate", request_)
    outcome = ask(loaded, "login", request_)
    assert (outcome.code, outcome.lists["reply"]) == (UPDATED, VLAN_750)
    assert outcome.lists["config"] == [("Radtune-Question", "login")]
    assert kinds(office) == ["login_allowed"]
    assert radiusd.messages() == ""


def test_the_policy_s_vlan_replaces_one_that_is_there(loaded: ModuleType) -> None:
    there = [("Tunnel-Private-Group-Id:0", "1"), ("Tunnel-Type:0", "VLAN")]
    config = [("Radtune-Question", "login")]
    outcome = call(loaded.post_auth, request=mab_request(), config=config, reply=there)
    assert outcome.values("reply", "Tunnel-Private-Group-Id:0") == ["750"]
    assert outcome.values("reply", "Tunnel-Type:0") == ["VLAN"]


def test_a_device_that_is_not_compliant_gets_quarantine(hook: ModuleType, office: Path) -> None:
    fill(office / "store/devices", [device(1, compliance="noncompliant")])
    hook.instantiate(None)
    assert ask(hook, "login", mab_request()).values("reply", "Tunnel-Private-Group-Id:0") == ["1"]


def test_an_allowed_login_without_vlan_leaves_the_reply_alone(hook: ModuleType, office: Path) -> None:
    (office / "policy.yaml").write_text(POLICY.replace("default: deny", "default: {policy: allow}"))
    hook.instantiate(None)
    outcome = ask(hook, "login", STRANGER)
    assert (outcome.code, outcome.lists["reply"]) == (UPDATED, [])


@pytest.mark.parametrize(
    ("question", "request_"),
    [
        ("mab", STRANGER),
        ("mab", mab_request(RANDOM_MAC)),
        ("certificate", UNKNOWN),
        ("certificate", tls_request(("Subject-Alt-Name-Dns", guid(9)), mac="0016cbaabb01")),
        ("inner", ttls_request("00163e000001")),
        ("login", STRANGER),
        ("login", ttls_request("00163e000001")),
    ],
)
def test_denied(loaded: ModuleType, radiusd: FakeRadiusd, office: Path, question: str, request_: Pairs) -> None:
    outcome = ask(loaded, question, request_)
    assert outcome.code == REJECT
    assert outcome.lists["reply"] == []
    assert outcome.values("config", "Auth-Type") == []
    (why,) = outcome.values("request", "Module-Failure-Message")
    assert why.startswith("radtune: ")
    assert why.endswith("denied by rule default")
    assert kinds(office) == ["login_denied"]
    assert radiusd.messages() == ""


def test_eap_tls_whose_certificate_nobody_asked_about_is_denied_all_the_same_and_told_of_once(
    loaded: ModuleType, radiusd: FakeRadiusd
) -> None:
    for _ in range(3):
        assert ask(loaded, "login", UNKNOWN).code == REJECT
    (line,) = radiusd.messages().splitlines()
    assert "virtual_server = radtune-check-eap-tls into the section `tls` of mods-enabled/eap" in line
    ask(loaded, "certificate", KNOWN)
    ask(loaded, "login", KNOWN)
    assert len(radiusd.messages().splitlines()) == 1


def test_the_reason_takes_the_place_of_an_older_one(loaded: ModuleType) -> None:
    outcome = ask(loaded, "login", [*STRANGER, ("Module-Failure-Message", "older")])
    assert len(outcome.values("request", "Module-Failure-Message")) == 1


@pytest.mark.parametrize("name", ["CORP\\nina", "x\ny", 'a"b', "a\\", "\\065", "\x1b[31m", "ü\u2028"])
def test_the_reason_reaches_the_log_whatever_a_client_calls_itself(loaded: ModuleType, name: str) -> None:
    request = [pair for pair in STRANGER if pair[0] != "Calling-Station-Id"] + [("Calling-Station-Id", name)]
    (why,) = ask(loaded, "login", request).values("request", "Module-Failure-Message")
    assert "is no MAC" in why
    assert why.isprintable()


@pytest.mark.parametrize(
    "request_",
    [
        [("User-Name", "bob"), ("Calling-Station-Id", "0016cbaabb01")],
        [("User-Name", "0016cbaabb02"), ("Calling-Station-Id", "0016cbaabb01")],
        [*mab_request(), ("EAP-Message", "0x02")],
        [("User-Name", "0016cbaabb01")],
        [],
    ],
)
def test_what_is_no_mac_login_after_all_is_left_to_others(loaded: ModuleType, request_: Pairs) -> None:
    outcome = ask(loaded, "mab", request_)
    assert (outcome.code, outcome.lists["config"]) == (NOOP, [("Radtune-Question", "mab")])


def test_the_inner_user_of_the_session_state_counts(loaded: ModuleType, office: Path) -> None:
    state = [("Radtune-Inner-User-Name", "bob"), ("Radtune-Inner-Type", "PAP")]
    ask(loaded, "login", ttls_request(user="anonymous"), state)
    (event,) = newest_events(office / "events.jsonl")
    assert (event["user"], event["inner_type"], event["auth_type"]) == ("bob", "pap", "eap-ttls")


def test_repeated_attributes_are_all_seen(loaded: ModuleType) -> None:
    request = tls_request(("Subject-Alt-Name-Dns", "www.corp.example"), ("Subject-Alt-Name-Dns", guid(1)))
    assert ask(loaded, "certificate", request).code == UPDATED


def test_the_request_is_given_back_as_it_was(loaded: ModuleType) -> None:
    """Strings with escapes, which the server undoes, and other values plain."""
    written = (("Radtune-Written", "User-Name:42fc225c00"), ("Radtune-Written", "NAS-Port=7"))
    lists = {"request": None, "config": (("Radtune-Question", "refused"), *written)}
    code, given = loaded.post_auth(lists)
    assert (code, given) == (NOOP, {"request": (("User-Name", "+=", 'B\\374"\\134\\000'), ("NAS-Port", "+=", "7"))})


@pytest.mark.parametrize("function", ["authorize", "post_auth"])
@pytest.mark.parametrize("config", [[], [("Radtune-Question", "")], [("Radtune-Question", "why")]])
def test_a_missing_or_unknown_question_fails(
    loaded: ModuleType, radiusd: FakeRadiusd, function: str, config: Pairs
) -> None:
    outcome = call(getattr(loaded, function), request=mab_request(), config=config)
    assert (outcome.code, outcome.lists["reply"]) == (FAIL, [])
    assert f"radtune: {function}: Radtune-Question is " in radiusd.messages()


@pytest.mark.parametrize(("function", "question"), [("authorize", "login"), ("post_auth", "mab")])
def test_a_question_of_another_section_fails(loaded: ModuleType, function: str, question: str) -> None:
    config = [("Radtune-Question", question)]
    assert call(getattr(loaded, function), request=mab_request(), config=config).code == FAIL


def test_a_question_in_the_request_is_none(loaded: ModuleType) -> None:
    assert call(loaded.post_auth, request=[*mab_request(), ("Radtune-Question", "login")]).code == FAIL


@pytest.mark.parametrize("status", ["Start", "Interim-Update", "Stop"])
def test_accounting_of_a_known_session(loaded: ModuleType, status: str) -> None:
    ask(loaded, "login", mab_request())
    assert call(loaded.accounting, request=accounting_request(status)).code == OK


@pytest.mark.parametrize("request_", [accounting_request("Start"), [("Acct-Status-Type", "Accounting-On")], []])
def test_accounting_of_an_unknown_session(loaded: ModuleType, radiusd: FakeRadiusd, request_: Pairs) -> None:
    assert call(loaded.accounting, request=request_).code == NOOP
    assert radiusd.messages() == ""


def test_attributes_that_occur_several_times_are_added_to_the_first(hook: ModuleType, office: Path) -> None:
    text = POLICY.replace("corp-vlan]", "corp-vlan, more]").replace(
        "labels:\n", "labels:\n  more: {attributes: {Cisco-AVPair: ['a=b\\c', 'c=d'], Class: ['0x01', '0x02']}}\n"
    )
    (office / "policy.yaml").write_text(text)
    assert hook.instantiate(None) == OK
    reply = hook.post_auth({"request": tuple(KNOWN), "config": (("Radtune-Question", "login"),)})[1]["reply"]
    assert reply[3:] == (
        ("Cisco-AVPair", ":=", "a=b\\\\c"),
        ("Cisco-AVPair", "+=", "c=d"),
        ("Class", ":=", "0x01"),
        ("Class", "+=", "0x02"),
    )
