"""A refusal holds neither EAP-Success nor a key (RFC 3579 2.6.3), whoever refuses, how and when."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from parts.eapol import EAP_FAILURE, TUNNEL_GROUP, TUNNEL_MEDIUM, TUNNEL_TYPE, Login, Supplicant
from parts.raddb import edit
from parts.steered import Identities, SteeredServer, steered_server

Make = Callable[[Identities], Supplicant]

METHODS: dict[str, Make] = {
    "EAP-TLS": lambda made: made.eap_tls(made.authority.issue_client("LAPTOP-1")),
    "TTLS-PAP": lambda made: made.ttls("PAP"),
    "TTLS-MSCHAPv2": lambda made: made.ttls("MSCHAPV2"),
    "PEAP-MSCHAPv2": lambda made: made.peap(),
}
REFUSALS = ["deny", "fail", "raise"]


def assert_clean(login: Login) -> None:
    """An Access-Reject with EAP-Failure in answer to the client's last packet, and nothing to enter a network with."""
    assert login.code == "Access-Reject"
    assert login.eap_codes == (EAP_FAILURE,)
    assert login.eap_ids == (login.response_id,)
    assert not login.has_keys
    assert not login.succeeded
    assert not [number for number in (TUNNEL_TYPE, TUNNEL_MEDIUM, TUNNEL_GROUP) if login.all(number)]


@pytest.mark.parametrize("answer", REFUSALS)
@pytest.mark.parametrize("method", METHODS)
def test_refused_before_eap_success(steered: SteeredServer, identities: Identities, method: str, answer: str) -> None:
    early = "certificate" if method == "EAP-TLS" else "inner"
    steered.answer(**{early: [answer]})
    (login,) = steered.eap(METHODS[method](identities))
    assert_clean(login)
    assert steered.questions == [early]


@pytest.mark.parametrize("answer", REFUSALS)
@pytest.mark.parametrize("method", METHODS)
def test_refused_after_eap_success(steered: SteeredServer, identities: Identities, method: str, answer: str) -> None:
    steered.answer(login=[answer])
    (login,) = steered.eap(METHODS[method](identities))
    assert_clean(login)
    assert steered.questions[-1] == "login"


@pytest.mark.parametrize("answer", REFUSALS)
@pytest.mark.parametrize("method", METHODS)
def test_refused_when_resumed(resuming: SteeredServer, identities: Identities, method: str, answer: str) -> None:
    resuming.answer(login=["allow 750", answer])
    fresh, resumed = resuming.eap(METHODS[method](identities), again=1)
    assert (fresh.code, fresh.resumed, fresh.vlan) == ("Access-Accept", False, "750")
    assert resumed.resumed
    assert_clean(resumed)


@pytest.mark.parametrize("answer", REFUSALS)
def test_certificate_refused_when_resumed(resuming: SteeredServer, identities: Identities, answer: str) -> None:
    resuming.answer(certificate=["allow", answer])
    fresh, resumed = resuming.eap(METHODS["EAP-TLS"](identities), again=1)
    assert (fresh.code, resumed.resumed) == ("Access-Accept", True)
    assert_clean(resumed)
    assert resuming.questions == ["certificate", "login", "certificate"]


@pytest.mark.parametrize(
    ("question", "method"), [("certificate", "EAP-TLS"), ("inner", "TTLS-PAP"), ("inner", "PEAP-MSCHAPv2")]
)
@pytest.mark.parametrize(
    ("answer", "reason"),
    [("deny", "radtune: refused; the client events say why"), ("raise", "radtune: the module gave no answer")],
)
def test_the_log_says_why(
    steered: SteeredServer, identities: Identities, question: str, method: str, answer: str, reason: str
) -> None:
    steered.answer(**{question: [answer]})
    before = len(steered.server.log)
    steered.eap(METHODS[method](identities))
    (line,) = [
        line for line in steered.server.log[before:].splitlines() if ") Login incorrect" in line and ") L" in line
    ]
    assert f"Login incorrect ({reason}" in line


@pytest.fixture(scope="module")
def second_opinion(identities: Identities) -> Iterator[SteeredServer]:
    """A server where another module refuses after radtune has let in."""

    def refuse_after_radtune(raddb: Path) -> None:
        edit(raddb / "sites-available/radtune", (r"^\tradtune\n(?=\n\t#\n\t#  MACsec)", "\tradtune\n\treject\n"))

    with steered_server(identities, changes=[refuse_after_radtune]) as server:
        yield server


@pytest.mark.parametrize("method", METHODS)
def test_refused_by_another_module(second_opinion: SteeredServer, identities: Identities, method: str) -> None:
    second_opinion.answer(login=["allow 750"])
    (login,) = second_opinion.eap(METHODS[method](identities))
    assert_clean(login)
