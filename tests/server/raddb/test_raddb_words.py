"""An operator's own site needs one word per section; what is missing is said at the start of the server."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from parts.eapol import EAP_FAILURE, Supplicant
from parts.freeradius import FreeRADIUS
from parts.raddb import Change, Layout, edit, server_directory
from parts.radius_client import mac_login
from parts.readable import PROJECT
from parts.steered import HOOK, Identities, SteeredServer, steered_server

Make = Callable[[Identities], Supplicant]

STOCK_SITES = ("default", "inner-tunnel", "radtune-check-eap-tls")
METHODS: dict[str, tuple[Make, list[str]]] = {
    "EAP-TLS": (lambda made: made.eap_tls(made.authority.issue_client("LAPTOP-1")), ["certificate", "login"]),
    "TTLS-PAP": (lambda made: made.ttls("PAP"), ["inner", "login"]),
    "TTLS-MSCHAPv2": (lambda made: made.ttls("MSCHAPV2"), ["inner", "login"]),
    "PEAP-MSCHAPv2": (lambda made: made.peap(), ["inner", "login"]),
}
WORD = re.compile(r"^\s*radtune\S*$", re.MULTILINE)


def add_the_word(raddb: Path) -> None:
    """Do to Debian's own files what policy.d/radtune asks for, and nothing else."""
    edit(
        raddb / "sites-available/default",
        (r"^\tchap\n", "\tradtune\n\tchap\n"),
        (r"^\tattr_filter\.accounting_response\n", "\tradtune\n\tattr_filter.accounting_response\n"),
        (r"^\tremove_reply_message_if_eap\n", "\tremove_reply_message_if_eap\n\tradtune\n"),
        (r"^\tPost-Auth-Type REJECT \{\n", "\tPost-Auth-Type REJECT {\n\t\tradtune\n"),
    )
    edit(
        raddb / "sites-available/inner-tunnel",
        (r"^\tchap\n", "\tradtune\n\tchap\n"),
        (r"^\tPost-Auth-Type REJECT \{\n", "\tradtune\n\tPost-Auth-Type REJECT {\n"),
    )
    edit(
        raddb / "mods-available/eap",
        (r'^\t\tvirtual_server = "radtune-inner-tunnel"', '\t\tvirtual_server = "inner-tunnel"'),
    )


@pytest.fixture(scope="module")
def stock(identities: Identities) -> Iterator[SteeredServer]:
    """Debian's own virtual servers with one word per section."""
    with steered_server(identities, sites=STOCK_SITES, changes=[add_the_word]) as server:
        yield server


def test_one_word(stock: SteeredServer) -> None:
    for site in STOCK_SITES:
        words = WORD.findall((stock.server.raddb / "sites-available" / site).read_text())
        assert {word.strip() for word in words} == {"radtune"}


@pytest.mark.parametrize("method", METHODS)
def test_stock_sites_let_in(stock: SteeredServer, identities: Identities, method: str) -> None:
    make, questions = METHODS[method]
    stock.answer(login=["allow 750"])
    (login,) = stock.eap(make(identities))
    assert (login.code, login.succeeded, login.has_keys, login.vlan) == ("Access-Accept", True, True, "750")
    assert stock.questions == questions


@pytest.mark.parametrize("answer", ["deny", "fail", "raise"])
@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("method", METHODS)
def test_stock_sites_refuse(stock: SteeredServer, identities: Identities, method: str, late: bool, answer: str) -> None:
    make, questions = METHODS[method]
    stock.answer(**{questions[late]: [answer]})
    (login,) = stock.eap(make(identities))
    assert (login.code, login.eap_codes, login.has_keys) == ("Access-Reject", (EAP_FAILURE,), False)
    assert stock.questions == questions[: late + 1]


def test_stock_sites_do_mab_pap_and_accounting(stock: SteeredServer) -> None:
    stock.answer(login=["allow 30"])
    assert stock.client.login(*mac_login("0016cbaabb02")).vlan == "30"
    assert stock.client.login(("User-Name", "bob"), ("User-Password", "hello")).vlan == "30"
    assert stock.client.account("Start", ("Acct-Session-Id", "0A000001")).code == "Accounting-Response"
    assert stock.questions == ["mab", "login", "login", "accounting"]


@pytest.mark.parametrize("method", ["TTLS-PAP", "PEAP-MSCHAPv2"])
def test_stock_sites_tell_of_other_refusals(stock: SteeredServer, identities: Identities, method: str) -> None:
    stock.answer()
    stock.client.login(("User-Name", "bob"), ("User-Password", "hallo"))
    (login,) = stock.eap(replace(METHODS[method][0](identities), password="hallo"))
    assert (login.code, stock.questions) == ("Access-Reject", [])
    outer, inner = stock.refusals
    assert outer.all("Module-Failure-Message")[0].startswith("pap: Cleartext password does not match")
    assert inner.all("Module-Failure-Message")[0].startswith(("pap: Cleartext", "mschap: MS-CHAP2-Response is"))
    assert inner.all("Radtune-Claimed-User-Name", "session-state") == ["bob"]


def test_stock_sites_refuse_what_is_not_utf8(stock: SteeredServer) -> None:
    stock.answer()
    assert stock.client.login(*mac_login("0016cbaabb02", ("Called-Station-Id", b"\xff"))).code == "Access-Reject"
    assert stock.questions == []


@pytest.fixture(scope="module")
def forgetful(identities: Identities) -> Iterator[SteeredServer]:
    """The word forgotten in Post-Auth-Type REJECT."""

    def forget(raddb: Path) -> None:
        add_the_word(raddb)
        edit(raddb / "sites-available/default", (r"^\t\tradtune\n", ""))

    with steered_server(identities, sites=STOCK_SITES, changes=[forget]) as server:
        yield server


@pytest.mark.parametrize("answer", ["deny", "fail", "raise"])
@pytest.mark.parametrize("method", METHODS)
def test_the_word_forgotten_where_others_refuse(
    forgetful: SteeredServer, identities: Identities, method: str, answer: str
) -> None:
    forgetful.answer(login=[answer])
    (login,) = forgetful.eap(METHODS[method][0](identities))
    assert (login.code, login.eap_codes, login.has_keys) == ("Access-Reject", (EAP_FAILURE,), False)


@pytest.fixture(scope="module")
def everywhere(identities: Identities) -> Iterator[SteeredServer]:
    """The word listed in sections where it has nothing to do."""

    def add_more(raddb: Path) -> None:
        add_the_word(raddb)
        challenge, reject = "\tPost-Auth-Type Challenge {\n", "\tPost-Auth-Type REJECT {\n"
        edit(raddb / "sites-available/default", (f"^{re.escape(challenge)}", f"{challenge}\t\tradtune\n"))
        edit(raddb / "sites-available/inner-tunnel", (f"^{re.escape(reject)}", f"{reject}\t\tradtune\n"))

    with steered_server(identities, sites=STOCK_SITES, changes=[add_more]) as server:
        yield server


@pytest.mark.parametrize("method", METHODS)
def test_the_word_in_too_many_places_does_no_harm(
    everywhere: SteeredServer, identities: Identities, method: str
) -> None:
    make, questions = METHODS[method]
    everywhere.answer(login=["allow 750"])
    (login,) = everywhere.eap(make(identities))
    assert (login.code, login.vlan, everywhere.questions) == ("Access-Accept", "750", questions)
    everywhere.answer(**{questions[0]: ["deny"]})
    (login,) = everywhere.eap(make(identities))
    assert (login.code, login.eap_codes, login.has_keys) == ("Access-Reject", (EAP_FAILURE,), False)


def unlink(*names: str) -> Change:
    def change(raddb: Path) -> None:
        for name in names:
            (raddb / name).unlink()

    return change


def without_the_dictionary(raddb: Path) -> None:
    edit(raddb / "dictionary", (r"^\$INCLUDE mods-config/radtune/dictionary\n", ""))


def dictionary_knows_already(raddb: Path) -> None:
    """As on 3.2.7 and later, and where an operator has added the line of the SAN by himself."""
    known = (
        "ATTRIBUTE\tTLS-Client-Cert-Subject-Alt-Name-Uri\t1935\tstring\n"
        "ATTRIBUTE\tTLS-Client-Cert-X509v3-Subject-Alternative-Name\t3010\tstring\n"
    )
    edit(raddb / "dictionary", (r"^\$INCLUDE", f"{known}$INCLUDE"))


def test_no_two_attributes_of_ours_have_one_number() -> None:
    words = (line.split() for line in (PROJECT / "raddb/mods-config/radtune/dictionary").read_text().splitlines())
    numbers = [line[2] for line in words if line[:1] == ["ATTRIBUTE"]]
    assert len(numbers) == len(set(numbers)) > 10


def check(identities: Identities, change: Change) -> tuple[int, str]:
    """Run `freeradius -C` over a configuration with one change; gives the exit code and what it said."""
    with server_directory() as directory:
        (directory / "answers.json").write_text("{}")
        layout = Layout(
            ca_pem=identities.authority.certificate_pem,
            server=identities.server,
            settings=directory,
            hook="steered_hook",
            python_path=(HOOK,),
            changes=[change],
        )
        done = FreeRADIUS(directory, layout).check()
        return done.returncode, done.stdout + done.stderr


def test_the_configuration_is_valid(identities: Identities) -> None:
    code, output = check(identities, lambda _raddb: None)
    assert code == 0, output


def test_the_dictionary_does_no_harm_where_the_server_knows_the_names(identities: Identities) -> None:
    code, output = check(identities, dictionary_knows_already)
    assert code == 0, output


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(unlink("mods-enabled/radtune"), 'Failed to find "radtune_hook" as a module', id="module"),
        pytest.param(unlink("policy.d/radtune"), 'Failed to find "radtune" as a module or policy', id="policy"),
        pytest.param(unlink("mods-enabled/utf8"), 'Failed to find "utf8.authorize" as a module', id="utf8"),
        pytest.param(without_the_dictionary, "adtune-", id="dictionary"),
    ],
)
def test_what_is_missing_is_said_at_the_start(identities: Identities, change: Change, said: str) -> None:
    code, output = check(identities, change)
    assert code != 0
    assert said in output
