"""`radtune push` against destinations that are slow, broken, somebody else's, or want a certificate."""

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from parts.event_receivers import Answer, Deed, TlsSyslog, Webhook, server_context
from parts.graph_simulator.messages import Cut, Response
from parts.pki import Authority
from parts.process import wait_for
from parts.push_site import PushSite

TRUST = {"ca_file": "ca.pem"}
SOON = {"timeout": "1s"}
UNTIL = "; trying again\nradtune: not everything was sent; the next run tries again\n"


def hook(webhook: Webhook, **more: Any) -> dict[str, Any]:
    return {"name": "hook", "type": "webhook", "url": webhook.url, **TRUST, **more}


def soc(syslog: TlsSyslog, **more: Any) -> dict[str, Any]:
    return {"name": "soc", "type": "syslog", "address": syslog.address, **TRUST, **more}


def always(status: int, **headers: str) -> Answer:
    return lambda request, number: Response(status, None, {k.replace("_", "-"): v for k, v in headers.items()})


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (always(500), "answered 500"),
        (always(429, Retry_After="7"), "answered 429"),
        (always(404), "answered 404: it doesn't take these events, or is not this webhook any more"),
        (always(302, Location="https://localhost:1/"), "answered 302, a redirect, which is not followed"),
        (lambda request, number: Response(200, {}, cut=Cut("reset")), "can't be reached: "),
        (lambda request, number: Response(500, {"a": "b" * 100}, cut=Cut("drip", 60)), "answered 500"),
    ],
)
def test_a_webhook_that_takes_nothing_gets_all_of_it_later(
    directory: Path, context: ssl.SSLContext, answer: Answer, says: str
) -> None:
    with Webhook(context) as webhook:
        site = PushSite(directory, hook(webhook))
        site.push("--once")
        ids = site.write(3)
        webhook.answer = answer
        said = site.push("--once", expect=75)
        assert f"push hook: https://localhost:{webhook.url.split(':')[2].split('/')[0]} {says}" in said
        assert said.endswith(UNTIL) and "s3cret" not in said
        assert "localhost:1/" not in said
        webhook.answer, webhook.taken = lambda request, number: None, []
        site.push("--once")
        assert webhook.ids == ids


def test_an_answer_that_drips_for_ever_counts_by_its_status(directory: Path, context: ssl.SSLContext) -> None:
    with Webhook(context) as webhook:
        site = PushSite(directory, hook(webhook))
        site.push("--once")
        ids = site.write(2)
        webhook.answer = lambda request, number: Response(200, {"a": "b" * 100}, cut=Cut("drip", 600))
        site.push("--once")
        assert webhook.ids == ids


def test_a_webhook_that_never_answers_is_left_in_time(directory: Path, context: ssl.SSLContext) -> None:
    with Webhook(context) as webhook:
        site = PushSite(directory, hook(webhook, **SOON))
        site.push("--once")
        site.write(1)

        def hang(*_: object) -> None:
            webhook.ending.wait()

        webhook.answer = hang
        assert "can't be reached: " in site.push("--once", expect=75)


@pytest.mark.parametrize("deed", ["close-early", "read-half", "hang", "stop-reading"])
def test_a_syslog_that_takes_nothing_gets_all_of_it_later(directory: Path, context: ssl.SSLContext, deed: Deed) -> None:
    with TlsSyslog(context) as syslog:
        site = PushSite(directory, soc(syslog, batch=100, **(SOON if deed in ("hang", "stop-reading") else {})))
        site.push("--once")
        ids = site.write(100, reason="x" * 5000)  # more than the buffers of both sides hold
        syslog.deed = lambda number: deed
        said = site.push("--once", expect=75)
        assert f"push soc: {syslog.address} takes no message: " in said
        syslog.deed = lambda number: "end"
        site.push("--once")
        assert syslog.ids == ids


@pytest.mark.parametrize("which", ["another authority's", "another name's", "nobody's"])
def test_nothing_is_said_to_a_server_that_proves_nothing(
    directory: Path, authority: Authority, which: str, tmp_path: Path
) -> None:
    issuer = Authority("somebody") if which == "another authority's" else authority
    context = server_context(issuer, tmp_path, "localhost" if which == "another authority's" else "other.example")
    if which == "nobody's":
        (directory / "ca.pem").write_text("")
    with Webhook(context) as webhook, TlsSyslog(context) as syslog:
        site = PushSite(directory, hook(webhook), soc(syslog))
        site.push("--once")
        site.write(1)
        said = site.push("--once", expect=75)
        if which != "nobody's":
            for name in ("hook: https://localhost:", "soc: localhost:"):
                assert f"push {name}" in said
            assert said.count("its certificate can't be verified with") == 2
        assert (webhook.requests, syslog.messages) == ([], [])


def test_a_certificate_is_shown_to_a_server_that_wants_one(
    directory: Path, authority: Authority, tmp_path: Path
) -> None:
    context = server_context(authority, tmp_path)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=authority.certificate_pem.decode())
    authority.issue_client("radtune").write(directory, "client", key_mode=0o644)
    with Webhook(context) as webhook, TlsSyslog(context) as syslog:
        site = PushSite(directory, hook(webhook), soc(syslog))
        site.push("--once")
        site.write(1)
        site.push("--once", expect=75)
        shown = {"certificate_file": "client.pem", "private_key_file": "client.key"}
        destinations = [{**each, "kinds": ["moved"], **shown} for each in (hook(webhook), soc(syslog))]
        site.tool.write_settings(push=destinations)
        said = site.push("--once", expect=75)
        assert said.count("mode 0644 lets every user have the private key") == 2
        (directory / "client.key").chmod(0o640)
        site.push("--once")
        assert (webhook.ids, syslog.ids) == (["e-1"], ["e-1"])


def test_a_dead_destination_holds_no_other_up_and_ends_in_time(directory: Path, context: ssl.SSLContext) -> None:
    with Webhook(context) as webhook, TlsSyslog(context) as syslog:
        syslog.deed = lambda number: "hang"
        site = PushSite(directory, soc(syslog, **SOON), hook(webhook))
        site.push("--once")
        with site.start() as run:
            wait_for((directory / "store/push/hook.json").exists, "the forwarder")
            ids = site.write(50)
            wait_for(lambda: webhook.ids == ids, "events at the one that lives")
            assert "another push is running" in site.push("--once", expect=75)
            wait_for(lambda: site.saved("soc")["problem"] != "", "trouble with the one that is dead")
            run.terminate()
            assert run.wait() == 0
        assert site.saved("hook")["sent"] == 50
        assert site.saved("soc")["sent"] == 0


def test_a_test_event_goes_to_each(directory: Path, context: ssl.SSLContext) -> None:
    with Webhook(context) as webhook, TlsSyslog(context) as syslog:
        site = PushSite(directory, hook(webhook), soc(syslog))
        site.push("--test")
        (event,) = webhook.taken
        assert (event["event"], event["reason"]) == ("test", "a test of radtune push")
        assert syslog.ids[0].startswith("test-") and len(syslog.ids) == 1
        assert not (directory / "store/push").exists()
        webhook.answer = always(403)
        assert "push hook: https://localhost:" in site.push("--test", expect=75)
        assert len(syslog.ids) == 2


@pytest.mark.parametrize("words", [(), ("--once",), ("--test",)])
def test_without_a_destination_there_is_nothing_to_do(directory: Path, words: tuple[str, ...]) -> None:
    site = PushSite(directory)
    assert "settings.yaml: push names no destination; docs/push.md says how" in site.push(*words, expect=78)


def test_status_says_how_it_goes(directory: Path, context: ssl.SSLContext) -> None:
    with Webhook(context) as webhook:
        site = PushSite(directory, hook(webhook))
        said = site.tool.radtune("status").stderr
        assert "push hook: no event was ever looked for; run: systemctl enable --now radtune-push" in said
        site.push("--once")
        site.write(2)
        site.push("--once")
        done = site.tool.radtune("status")
        assert "push: hook: 2 sent, the last at 20" in done.stdout
        assert "push hook" not in done.stderr


Change = Callable[[Path], object]


@pytest.mark.parametrize(
    "change",
    [lambda file: file.write_text("{}"), lambda file: file.chmod(0), lambda file: (file.unlink(), file.mkdir())],
)
def test_a_destination_whose_file_is_damaged_holds_no_other_up(
    directory: Path, context: ssl.SSLContext, change: Change
) -> None:
    with Webhook(context) as webhook:
        site = PushSite(directory, hook(webhook), hook(webhook, name="other"))
        site.push("--once")
        change(directory / "store/push/hook.json")
        site.write(1)
        assert "push hook: nothing is sent: " in site.push("--once", expect=75)
        assert webhook.ids == ["e-1"]
