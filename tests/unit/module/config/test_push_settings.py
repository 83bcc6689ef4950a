"""The destinations under push: what they mean, and every fault with its place."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from radtune.config.push_settings import Destination, url_problem
from radtune.config.schema import schema
from radtune.config.settings import read_settings
from radtune.errors import ConfigurationError
from unit.samples import SETTINGS

KINDS = {"kinds": ["login_denied"]}
SYSLOG = {"name": "soc", "type": "syslog", **KINDS}
TLS = {**SYSLOG, "address": "logs.example:6514"}
WEBHOOK = {"name": "help-desk", "type": "webhook", **KINDS, "url": "https://events.example/radtune"}


def destinations(tmp_path: Path, *entries: Mapping[str, object]) -> tuple[Destination, ...]:
    (tmp_path / "settings.yaml").write_text(SETTINGS + yaml.safe_dump({"push": list(entries)}, sort_keys=False))
    return read_settings(tmp_path / "settings.yaml").push


def problems(tmp_path: Path, *entries: Mapping[str, object]) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        destinations(tmp_path, *entries)
    return [line.split(": ", 1)[1] for line in str(caught.value).splitlines()]


def test_nothing_is_pushed_unless_settings_say_so(tmp_path: Path) -> None:
    (tmp_path / "settings.yaml").write_text(SETTINGS)
    assert read_settings(tmp_path / "settings.yaml").push == ()


def test_the_kinds_are_those_of_the_events() -> None:
    kinds = schema("settings")["properties"]["push"]["items"]["properties"]["kinds"]["items"]["enum"]
    found = {kind for part in schema("event")["definitions"].values() for kind in kinds_in(part)}
    assert len(found) == 12 and set(kinds) == found


def kinds_in(part: Any) -> Iterator[str]:
    event = part.get("properties", {}).get("event", {})
    yield from [event["const"]] if "const" in event else event.get("enum", ())


def test_the_least_of_each_type(tmp_path: Path) -> None:
    usual = {"kinds": ("login_denied",), "batch": 10, "timeout": 10, "give_up": 604_800}
    assert destinations(tmp_path, SYSLOG, WEBHOOK) == (
        Destination("soc", "syslog", address="/dev/log", facility="daemon", **usual),  # type: ignore[arg-type]
        Destination("help-desk", "webhook", url="https://events.example/radtune", template="json", **usual),  # type: ignore[arg-type]
    )


def test_everything_that_a_destination_may_have(tmp_path: Path) -> None:
    both = {"ca_file": "ca", "certificate_file": "crt", "private_key_file": "key", "sites": ["b"], "outcomes": ["deny"]}
    syslog = {**TLS, **both, "facility": "local3", "batch": 100, "timeout": "1m", "give_up": "1h"}
    webhook = {**WEBHOOK, **both, "template": "teams", "secret_file": "/s", "proxy": "none", "url_file": "u"}
    del webhook["url"]
    one, two = destinations(tmp_path, syslog, webhook)
    assert (one.ca_file, one.certificate_file, one.private_key_file) == (
        tmp_path / "ca",
        tmp_path / "crt",
        tmp_path / "key",
    )
    assert (one.facility, one.batch, one.timeout, one.give_up) == ("local3", 100, 60, 3600)
    assert (one.sites, one.outcomes) == (("b",), ("deny",))
    assert (two.template, two.secret_file, two.proxy, two.url_file, two.url) == (
        *("teams", Path("/s"), "none", tmp_path / "u"),
        "",
    )


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({**SYSLOG, "name": "a/b"}, 'push[1].name: "a/b": expected: What you call it'),
        ({**SYSLOG, "kinds": []}, "push[1].kinds: []: expected: The kinds"),
        ({**SYSLOG, "kinds": ["login_deny"]}, "push[1].kinds[1]: unknown value login_deny; did you mean login_denied?"),
        ({**SYSLOG, "type": "smtp"}, "push[1].type: unknown value smtp"),
        ({**SYSLOG, "address": "logs.example"}, 'push[1].address: "logs.example": expected: Of a syslog'),
        ({**SYSLOG, "url": "https://x.example/"}, "push[1].url: only a webhook has this key"),
        ({**WEBHOOK, "facility": "daemon"}, "push[1].facility: only a syslog has this key"),
        ({**SYSLOG, "ca_file": "ca"}, "push[1].ca_file: only an address with a host has this key"),
        ({**TLS, "certificate_file": "crt"}, "push[1]: certificate_file and private_key_file go together"),
        ({**WEBHOOK, "url_file": "u"}, "push[1]: a webhook has a url or a url_file, one of them"),
        ({key: value for key, value in WEBHOOK.items() if key != "url"}, "push[1]: a webhook has a url or a url_file"),
        ({**WEBHOOK, "url": "http://events.example/"}, "push[1].url: http would send names of people in the clear"),
        ({**WEBHOOK, "url": "https://u:p@events.example/"}, "push[1].url: "),
        ({**WEBHOOK, "batch": 101}, "push[1].batch: 101: expected"),
    ],
)
def test_every_fault(tmp_path: Path, entry: Mapping[str, object], says: str) -> None:
    (problem,) = problems(tmp_path, entry)
    assert problem.startswith(says)


def test_a_name_is_given_once_whatever_its_case(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, SYSLOG, {**SYSLOG, "name": "SOC"})
    assert problem.startswith("push[2].name: soc: given at line 5 already")


@pytest.mark.parametrize(
    "url",
    [
        *("https://events.example", "https://events.example:8443/a/b?c=d&e=%20", "https://[2001:db8::1]/x"),
        *("http://127.0.0.1:8080/x", "http://localhost/x", "http://[::1]:1/x", "https://192.0.2.1/?sig=x"),
    ],
)
def test_an_address_that_is_taken(url: str) -> None:
    assert url_problem(url) == ""


@pytest.mark.parametrize(
    "url",
    [
        *(
            "",
            "events.example",
            "ftp://events.example/",
            "https://",
            "https:///x",
            "https://a b/",
            "https://a/\r\nHost: b",
        ),
        *(
            "https://user@a/",
            "https://a:99999/",
            "https://a:/",
            "https://é.example/",
            "https://a/é",
            "http://192.0.2.1/",
        ),
        *("http://localhost.evil.example/", "http://127.0.0.1.evil.example/", "http://127.0.0.1@evil.example/"),
        *("https://a?sig=x", "https://a\\@evil.example/", "https://a#/"),
    ],
)
def test_an_address_that_is_refused_is_not_shown(url: str) -> None:
    said = url_problem(url)
    assert said and (len(url) < 9 or url not in said)
