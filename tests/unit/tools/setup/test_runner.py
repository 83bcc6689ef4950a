"""A whole run: agreed, changed, checked, restarted; put back if something fails; undone."""

from hashlib import md5
from pathlib import Path

import pytest

from radtune.errors import RadtuneError, TemporaryError, UsageError
from radtune_tools.raddb_edit.transaction import only_setup
from radtune_tools.setup.plan import BY_HAND, DECLINED, DONE, TO_DO, WAITS
from unit.sample_raddb import EAP, Setup, tree


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    return Setup(tmp_path)


def states(setup: Setup) -> dict[str, str]:
    return {each.step.name: each.state for each in setup.runner().set_up()[1]}


def test_each_change_is_asked_about_and_a_second_run_asks_nothing(setup: Setup) -> None:
    assert {*states(setup).values()} == {TO_DO, DONE}
    assert setup.asked == [*["Make this change?"] * 6, "Restart the server now (restart)?"]
    after, setup.asked = tree(setup.root), []
    assert {*states(setup).values()} == {DONE}
    assert (setup.asked, setup.server.restarts, tree(setup.root)) == ([], 1, after)


def test_a_no_leaves_logins_as_they_are_and_restarts_nothing(setup: Setup) -> None:
    setup.answers = [True, True, True, True, False]
    found = states(setup)
    assert (found["eap"], found["site"], found["dictionary"]) == (DECLINED, WAITS, TO_DO)
    assert setup.server.restarts == 0
    assert (setup.root / "mods-available/eap").read_text() == EAP
    assert (setup.root / "sites-enabled/default").is_symlink()


def test_what_is_not_known_is_told_and_left(setup: Setup, capsys: pytest.CaptureFixture[str]) -> None:
    (setup.root / "mods-available/eap").write_text(EAP.replace("eap {", "eap mine {"))
    found = states(setup)
    assert (found["eap"], found["site"], found["module"], setup.server.restarts) == (BY_HAND, WAITS, TO_DO, 0)
    said = capsys.readouterr().err
    assert f"radtune: eap: {setup.root}/mods-available/eap:1: the eap module has a name of its own, mine. By" in said


def test_a_dry_run_shows_all_and_makes_nothing(setup: Setup, capsys: pytest.CaptureFixture[str]) -> None:
    before = tree(setup.root)
    setup.server.refuses = {"dictionary": "never asked"}
    setup.runner(dry_run=True).set_up()
    assert "+ link sites-enabled/radtune -> " in capsys.readouterr().out
    assert (tree(setup.root), setup.asked, list(setup.store.iterdir())) == (before, [], [])
    setup.server.refuses = {}
    setup.runner().set_up()
    after = tree(setup.root)
    setup.runner(dry_run=True).undo()
    assert "- link sites-enabled/radtune -> " in capsys.readouterr().out
    assert tree(setup.root) == after


def test_a_server_that_can_not_load_what_it_has_is_left(setup: Setup) -> None:
    setup.server.refuses = {"dictionary": "dictionary[1]: broken"}
    with pytest.raises(RadtuneError, match=r"as it is; mend that first:\ndictionary\[1\]: broken"):
        setup.runner().set_up()
    assert setup.asked == []


@pytest.mark.parametrize("path", ["mods-enabled/radtune", "sites-enabled/radtune"])
def test_a_step_that_the_server_does_not_load_is_put_back_with_all_before(setup: Setup, path: str) -> None:
    before = tree(setup.root)
    setup.server.refuses = {path: "eap[3]: broken"}
    with pytest.raises(RadtuneError, match=r"with the step (module|site):\neap\[3\]: broken"):
        setup.runner().set_up()
    assert (tree(setup.root), setup.server.restarts, list(setup.store.iterdir())) == (before, 0, [])


def test_a_server_that_does_not_come_up_is_put_back_and_started_as_before(setup: Setup) -> None:
    before = tree(setup.root)
    setup.server.fails = [["no port"]]
    with pytest.raises(RadtuneError, match=r"did not come up with the changes, and runs as before:\nno port"):
        setup.runner().set_up()
    assert (tree(setup.root), setup.server.restarts) == (before, 2)
    setup.server.fails = [["no port"], ["still none"]]
    with pytest.raises(RadtuneError, match=r"and not as before either \(still none\):\nno port"):
        setup.runner().set_up()
    setup.server.restarts = 0
    setup.runner().set_up()
    after = tree(setup.root)
    setup.server.fails = [["no port"]]
    with pytest.raises(RadtuneError, match="and runs as before"):
        setup.runner().undo()
    assert tree(setup.root) == after
    assert setup.runner().undo()[1] == []
    assert tree(setup.root) == before


def test_ctrl_c_puts_all_back(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    before = tree(setup.root)

    def interrupted(*_: object, **__: object) -> list[str]:
        raise KeyboardInterrupt

    for name in ("restart", "faults"):
        with monkeypatch.context() as patch:
            patch.setattr(setup.server, name, interrupted)
            with pytest.raises(KeyboardInterrupt):
                setup.runner().set_up()
        assert tree(setup.root) == before


def test_a_restart_that_is_not_wanted_leaves_the_changes(setup: Setup, capsys: pytest.CaptureFixture[str]) -> None:
    setup.answers = [True] * 6 + [False]
    states(setup)
    assert "the changes count from the next restart on: restart" in capsys.readouterr().out
    assert setup.server.restarts == 0 and (setup.root / "sites-enabled/radtune").is_symlink()


def test_a_file_that_somebody_changes_meanwhile_is_not_overwritten(setup: Setup) -> None:
    runner, before = setup.runner(), tree(setup.root)

    def changed(question: str) -> bool:
        setup.asked.append(question)
        if len(setup.asked) == 6:
            (setup.root / "mods-available/eap").write_text(f"# mine\n{EAP}")
        return True

    runner._agreed = changed
    with pytest.raises(
        RadtuneError, match="mods-available/eap was changed by someone else meanwhile; run radtune setup"
    ):
        runner.set_up()
    assert (setup.root / "mods-available/eap").read_text() == f"# mine\n{EAP}"
    (setup.root / "mods-available/eap").write_text(EAP)
    assert tree(setup.root) == before


@pytest.mark.parametrize("sites", ["own", "radtune"])
def test_a_server_that_takes_logins_without_radtune_is_named(
    setup: Setup, sites: str, capsys: pytest.CaptureFixture[str]
) -> None:
    listen = "listen {\n\ttype = auth\n\tipaddr = 192.0.2.1\n}\n"
    (setup.root / "sites-enabled/vpn").write_text(f"server vpn {{\n{listen}authorize {{\n\tfiles\n}}\n}}\n")
    (setup.root / "sites-enabled/status").write_text(f"server status {{\n{listen}}}\n")
    setup.runner(sites=sites).set_up()
    said = capsys.readouterr().out
    assert "the virtual server vpn takes logins, too, and radtune isn't asked there\n" in said
    assert said.count("takes logins, too") == 1


def test_only_one_at_a_time(setup: Setup) -> None:
    with (
        only_setup(setup.root),
        pytest.raises(TemporaryError, match="another setup is changing"),
        only_setup(setup.root),
    ):
        pass


@pytest.mark.parametrize("name", ["default", "other"])
def test_whose_sites_is_asked_if_that_is_unknown(
    setup: Setup, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("radtune_tools.setup.stock_sites.DPKG_STATUS", tmp_path / "none")
    (setup.root / "sites-enabled/default").rename(setup.root / "sites-enabled" / name)
    if name == "default":
        with pytest.raises(UsageError, match="give --sites radtune, which replaces them, or --sites own"):
            setup.runner(sites="").set_up()
    else:
        assert setup.runner(sites="").set_up()[0] == "own"


def test_stock_sites_are_known_by_their_checksums(
    setup: Setup, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    status = tmp_path / "status"
    monkeypatch.setattr("radtune_tools.setup.stock_sites.DPKG_STATUS", status)
    files = [setup.root / "sites-available" / name for name in ("default", "inner-tunnel")]
    sums = {file.name: md5(file.read_bytes(), usedforsecurity=False).hexdigest() for file in files}
    lines = "".join(f" /etc/freeradius/3.0/sites-available/{name} {found}\n" for name, found in sums.items())
    status.write_text(f"Package: freeradius-config\nConffiles:\n{lines}\n")
    assert setup.runner(sites="", dry_run=True).set_up()[0] == "radtune"
    (setup.root / "sites-available/inner-tunnel").write_text("# mine\n")
    assert setup.runner(sites="", dry_run=True).set_up()[0] == "own"
    (setup.root / "sites-enabled/radtune").symlink_to("../sites-available/radtune")
    assert setup.runner(sites="", dry_run=True).set_up()[0] == "radtune"
