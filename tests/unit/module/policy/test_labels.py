"""Every kind of label: what it holds for, and that its cases would notice if it were wrong."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given

from radtune.config.policy_labels import CONDITIONS
from radtune.identity.matching import Match
from radtune.policy.client_labels import oui
from radtune.policy.labels import AnyOf, ClientContext, Label, Not, why
from radtune.records.device_and_client import Certificate, ComplianceState, Facts
from unit.label_cases import ANY_CLIENT, ANY_LABEL, CASES, Case, by, of, shows
from unit.samples import NOW, device, label

ALL = {case.kind: [each for each in CASES if each.kind == case.kind] for case in CASES}


def wrong(case: Case) -> bool:
    """Tell whether the label answers anything but what its case says."""
    return case.label.holds(case.holds) is not True or any(case.label.holds(each) is not False for each in case.fails)


def test_every_kind_has_a_case() -> None:
    assert set(ALL) == set(CONDITIONS)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.kind} {case.value}")
def test_a_label(case: Case) -> None:
    assert case.label.holds(case.holds) is True
    for each in case.fails:
        assert case.label.holds(each) is False


def _always(value: object) -> Callable[[Label], Label]:
    return lambda found: replace(found, holds=lambda _: value)  # type: ignore[arg-type, return-value]


MUTANTS: dict[str, Callable[[Label], Label]] = {
    "always": _always(True),
    "never": _always(False),
    "cannot tell": _always(None),
    "negated": lambda found: replace(found, holds=Not(found).holds),
}


@pytest.mark.parametrize("mutant", MUTANTS)
@pytest.mark.parametrize("kind", CONDITIONS)
def test_the_cases_of_a_kind_notice_a_label_that_is_wrong(kind: str, mutant: str) -> None:
    def changed(case: Case) -> bool:
        found = MUTANTS[mutant](case.label)
        return found.holds(case.holds) is not True or any(found.holds(each) is not False for each in case.fails)

    assert any(changed(case) for case in ALL[kind])


@pytest.mark.parametrize("kind", CONDITIONS)
def test_the_cases_of_a_kind_notice_alternatives_that_are_left_away(kind: str) -> None:
    lists = [case for case in ALL[kind] if isinstance(case.value, list) and len(case.value) > 1]
    assert all(any(wrong(replace(case, value=[one])) for one in case.value) for case in lists), (
        "one value alone would do for all of the case"
    )


ABOUT_DEVICES = sorted(
    set(CONDITIONS)
    & {
        *("os", "os_version", "ownership", "category", "encrypted", "jail_broken"),
        *("threat_state", "management_state", "last_check_in", "enrolled", "user", "device_name", "tenant", "serial"),
        "matched_by",
    }
)


@pytest.mark.parametrize("state", ["ambiguous", "stale", "unavailable"])
@pytest.mark.parametrize("kind", ABOUT_DEVICES)
def test_labels_of_an_unknown_device_are_unknown(kind: str, state: ComplianceState) -> None:
    for case in ALL[kind]:
        unknown = ClientContext(case.holds.facts, case.holds.match, state, NOW, case.holds.nas_directory)
        assert case.label.holds(unknown) is None
        assert Not(case.label).holds(unknown) is None
        assert "is unknown" in case.label.seen(unknown)


@pytest.mark.parametrize("state", ["stale", "unavailable"])
def test_a_conflict_is_unknown_if_the_store_is_not_believed(state: ComplianceState) -> None:
    assert label("identity_conflict", True).holds(of(compliance=state)) is None
    two = Match("ambiguous", "two", None, "device_id", (), NOW, "two ids")
    assert label("identity_conflict", True).holds(of(match=two, compliance="ambiguous")) is True


def test_a_name_may_hide_in_a_certificate_that_is_not_clear() -> None:
    san = label("certificate", {"san": "urn:x"})
    assert san.holds(shows(unclear=True)) is None
    assert san.holds(shows(unclear=True, uris=("urn:x",))) is True
    assert label("certificate", {"san": "urn:x", "eku": "1.2.3"}).holds(shows(unclear=True)) is False
    assert label("certificate", {"common_name": "x"}).holds(shows(unclear=True)) is False


def test_an_attribute_that_was_not_kept_is_neither_there_nor_missing() -> None:
    asks = label("attribute", {"name": "Class", "equals": "x"})
    assert asks.holds(by()) is None
    assert "not kept at this login" in asks.seen(by())


def test_empty_names_of_a_certificate_fit_nothing() -> None:
    assert label("certificate", {"common_name": "*"}).holds(by(certificate=Certificate())) is False


@given(ANY_LABEL, ANY_CLIENT)
def test_every_label_answers_and_says_why(found: Label, client: ClientContext) -> None:
    answer = found.holds(client)
    assert answer in (True, False, None)
    assert answer is found.holds(client)
    assert why(client, found)
    assert Not(found).holds(client) is (None if answer is None else not answer)
    assert AnyOf((found, found)).holds(client) is answer


def test_why_says_each_thing_once() -> None:
    term = AnyOf((label("os", "a"), Not(label("os", "b")), label("ssid", "x")))
    assert why(of(os="Windows"), term) == "the operating system is Windows; the SSID is not given"


@pytest.mark.parametrize(
    ("text", "digits"), [("00:16:CB", "0016cb"), ("00-16-cb", "0016cb"), ("0016.cb", "0016cb"), ("0016CB", "0016cb")]
)
def test_an_oui_in_any_notation(text: str, digits: str) -> None:
    assert oui(text) == digits


@pytest.mark.parametrize("text", ["00:16:c", "0016cb0", "00:16:cg", "0016c٣", ""])
def test_what_is_no_oui(text: str) -> None:
    with pytest.raises(ValueError, match="expected a MAC, such as"):
        oui(text)


@pytest.mark.parametrize(
    ("kind", "value", "client", "said"),
    [
        ("nas", "sw-1", by(), "the NAS is not named"),
        ("nas", "sw-1", by(nas_identifier="sw-2", nas_address="192.0.2.9"), "the NAS is sw-2 192.0.2.9"),
        ("nas_group", "x", by(), "the NAS is in the groups (none)"),
        ("mac_randomised", True, by(), "there is no MAC"),
        ("mac_randomised", True, by(mac="0016cbaabb01"), "the MAC 0016cbaabb01 is the hardware's own"),
        ("mac_randomised", True, by(mac="0216cbaabb01"), "the MAC 0216cbaabb01 is randomised"),
        ("certificate", {"expires_within": "9d"}, shows(), "the certificate has 10.0 days to its expiry"),
        (
            "certificate",
            {"expires_within": "9d"},
            shows(expires_at=0),
            "the certificate has an expiry that isn't known",
        ),
        ("certificate", {"template": "x"}, shows(template="User"), "the certificate has template User"),
        (
            *("certificate", {"template": "x"}, shows(template="", unread=("template",))),
            "the certificate has template none and what can't be read",
        ),
        ("identity_conflict", True, of(), "certificate and MAC don't name two devices"),
        (
            "identity_conflict",
            True,
            of(compliance="stale"),
            "it is unknown whether certificate and MAC name two devices",
        ),
        ("matched_by", "mac", of(), "the device was found by its mac"),
        ("matched_by", "mac", of(match=Match("not_enrolled", "none")), "no device was found"),
        ("attribute", {"name": "Class", "equals": "x"}, by(extra_attributes=("Class",)), "Class is not in the request"),
        (
            *("attribute", {"name": "Class", "equals": "x"}),
            *(by(extra_attributes=("Class",), attributes=("Class=y", "Class=z")), "Class is y, z"),
        ),
    ],
)
def test_what_an_answer_rests_on(kind: str, value: object, client: ClientContext, said: str) -> None:
    assert label(kind, value).seen(client) == said


def test_a_device_of_no_use() -> None:
    assert label("os", "*").holds(of(match=Match("found", "", None, "", (), NOW), compliance="unknown")) is False
    assert (
        label("mac", "0016cb").holds(
            ClientContext(Facts(), Match("found", "", device(1)), "compliant", NOW, of().nas_directory)
        )
        is False
    )
