"""The consent page, and what its answer means."""

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from radtune.errors import NotPermittedError, UsageError
from radtune_tools.link.consent import check_answer, consent_url, is_answer, new_state, pasted_query, redirect_uri
from unit.linking import tenant
from unit.samples import TENANT, guid

STATE = "a state that nobody knows"
GIVEN = {"admin_consent": "True", "tenant": guid(9), "scope": "https://graph.microsoft.com/.default", "state": STATE}


def answer(**changes: str | None) -> str:
    merged = {**GIVEN, **changes}
    return urlencode({name: value for name, value in merged.items() if value is not None})


@pytest.mark.parametrize(
    ("cloud", "authority", "scope"),
    [
        ("global", "login.microsoftonline.com", "https://graph.microsoft.com/.default"),
        ("dod", "login.microsoftonline.us", "https://dod-graph.microsoft.us/.default"),
    ],
)
def test_the_page(cloud: str, authority: str, scope: str) -> None:
    url = urlsplit(consent_url(tenant(cloud=cloud), 8437, STATE))
    assert (url.scheme, url.netloc, url.path) == ("https", authority, f"/{TENANT}/v2.0/adminconsent")
    assert parse_qs(url.query) == {
        "client_id": [guid(7)],
        "scope": [scope],
        "redirect_uri": ["http://localhost:8437/radtune"],
        "state": [STATE],
    }
    assert "+" not in url.query


def test_no_two_states_are_the_same() -> None:
    states = {new_state() for _ in range(100)}
    assert len(states) == 100
    assert min(map(len, states)) >= 43


def test_consent_given() -> None:
    check_answer(answer(), STATE)
    check_answer(answer(tenant="somebody-else", scope=None), STATE)


def test_an_error_decides_though_admin_consent_is_true() -> None:
    said = "AADSTS65004: User declined to consent to access the app.\r\nTrace ID: 1"
    with pytest.raises(NotPermittedError) as caught:
        check_answer(answer(error="access_denied", error_description=said), STATE)
    text = str(caught.value)
    assert text.startswith("no consent: access_denied: AADSTS65004: User declined to consent to access the app.")
    assert "run `radtune link` again and accept" in text
    assert "Nothing was changed" in text
    assert "Trace" not in text


@pytest.mark.parametrize("error", ["", "x"])
def test_an_error_without_words_is_one(error: str) -> None:
    with pytest.raises(NotPermittedError, match="no consent: "):
        check_answer(answer(error=error), STATE)


def test_a_very_long_code_has_no_hint() -> None:
    with pytest.raises(NotPermittedError):
        check_answer(answer(error="x", error_description="AADSTS" + "9" * 5000), STATE)


@pytest.mark.parametrize("value", [None, "False", "", "1"])
def test_no_admin_consent_is_none(value: str | None) -> None:
    with pytest.raises(
        NotPermittedError, match=r"no admin_consent=True\. Nothing was changed; run `radtune link` again"
    ):
        check_answer(answer(admin_consent=value), STATE)


def test_two_words_about_the_consent_are_none() -> None:
    with pytest.raises(NotPermittedError):
        check_answer(answer() + "&admin_consent=False", STATE)


@pytest.mark.parametrize(
    "query",
    [
        "",
        answer(state=None),
        answer(state=""),
        answer(state=STATE[:-1]),
        answer(state=f"{STATE} "),
        answer(state="ü\N{GRINNING FACE}"),
        f"{answer()}&state={urlencode({'': STATE})[1:]}",
        "state=%ff%fe",
        "&".join(f"a{number}=1" for number in range(100)),
    ],
)
def test_the_answer_to_another_request(query: str) -> None:
    assert not is_answer(query, STATE)
    with pytest.raises(UsageError, match="not the answer to the page above"):
        check_answer(query, STATE)


def test_the_state_is_asked_for_before_the_error() -> None:
    with pytest.raises(UsageError):
        check_answer(answer(state="x", error="access_denied"), STATE)


@pytest.mark.parametrize("around", ["{}", " {}\n", '"{}"', "<{}>"])
def test_an_address_that_was_pasted(around: str) -> None:
    pasted = around.format(f"{redirect_uri(8437)}?{answer()}")
    assert is_answer(pasted_query(pasted), STATE)


@pytest.mark.parametrize("text", ["", "yes", "http://localhost:8437/radtune", "http://localhost:8437/radtune?"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(UsageError, match="the whole address"):
        pasted_query(text)
