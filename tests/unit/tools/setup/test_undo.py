"""What setup has changed is put back, or is left with what to do by hand."""

from pathlib import Path

import pytest

from radtune.errors import UsageError
from radtune_tools.setup.plan import DECLINED
from unit.sample_raddb import EAP, Setup, tree


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    return Setup(tmp_path)


def states(setup: Setup) -> dict[str, str]:
    return {each.step.name: each.state for each in setup.runner().set_up()[1]}


def test_an_undo_puts_back_every_byte_and_asks_first(setup: Setup) -> None:
    before = tree(setup.root)
    states(setup)
    after = tree(setup.root)
    setup.answers = [False]
    with pytest.raises(UsageError, match="nothing was changed"):
        setup.runner().undo()
    assert tree(setup.root) == after
    assert setup.runner().undo()[1] == []
    assert (tree(setup.root), setup.server.restarts, list(setup.store.iterdir())) == (before, 2, [])
    assert setup.runner().undo()[1] == []


def test_two_runs_are_undone_as_one(setup: Setup) -> None:
    before = tree(setup.root)
    setup.answers = [True, True, True, True, False]
    assert states(setup)["eap"] == DECLINED
    states(setup)
    setup.runner().undo()
    assert tree(setup.root) == before


def test_an_undo_keeps_what_the_operator_has_edited_since(setup: Setup, capsys: pytest.CaptureFixture[str]) -> None:
    setup.runner(sites="own").set_up()
    site, eap = setup.root / "sites-available/default", setup.root / "mods-available/eap"
    site.write_text(site.read_text() + "# mine\n")
    eap.write_text(eap.read_text().replace("virtual_server = radtune-check-eap-tls", "virtual_server = mine"))
    (setup.root / "mods-enabled/radtune").unlink()
    assert len(setup.runner().undo()[1]) == 1
    said = capsys.readouterr().err
    assert (
        f"{eap}: setup's lines are not as it wrote them: virtual_server = radtune-check-eap-tls. By hand: undo" in said
    )
    assert "radtune" not in site.read_text() and site.read_text().endswith("# mine\n")
    assert "virtual_server = mine" in eap.read_text()
    eap.write_text(EAP)
    assert setup.runner().undo()[1] == []
    assert list(setup.store.iterdir()) == []


def test_an_undo_that_would_leave_eap_without_its_sites_changes_nothing(
    setup: Setup, capsys: pytest.CaptureFixture[str]
) -> None:
    before = tree(setup.root)
    setup.runner().set_up()
    eap = setup.root / "mods-available/eap"
    text = eap.read_text()
    eap.write_text(text.replace("\tttls {\n", "\tttls { # mine\n"))
    after = tree(setup.root)
    assert len(setup.runner().undo()[1]) == 1
    said = capsys.readouterr().err
    assert "eap would name radtune-inner-tunnel and radtune-check-eap-tls, which is gone then" in said
    assert (tree(setup.root), setup.server.restarts) == (after, 1)
    eap.write_text(text)
    assert setup.runner().undo()[1] == []
    assert tree(setup.root) == before


def test_an_undo_of_a_server_that_is_broken_otherwise(setup: Setup, capsys: pytest.CaptureFixture[str]) -> None:
    before = tree(setup.root)
    setup.runner().set_up()
    setup.server.refuses = {"dictionary": "clients.conf[3]: broken"}
    assert setup.runner().undo()[1] == []
    assert "can't load its configuration, before and after:\nradtune: clients.conf[3]" in capsys.readouterr().err
    assert tree(setup.root) == before
