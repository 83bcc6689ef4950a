"""The steps on a small configuration: what they change, that a second run finds nothing, and what they leave."""

from pathlib import Path

import pytest

from radtune_tools.raddb_edit.changes import Change, View, shown
from radtune_tools.raddb_edit.raddb_files import FILE, Raddb
from radtune_tools.setup.plan import DECLINED, DONE, TO_DO, WAITS, planned
from radtune_tools.setup.steps import steps
from unit.sample_raddb import DEFAULT, EAP, TUNNEL, plan, sample_raddb, view

Files = dict[str, str]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return sample_raddb(tmp_path)


def changes(root: Path, sites: str, *servers: str) -> list[Change]:
    """Return the changes of all steps."""
    return [change for each in planned(view(root), steps(sites, servers), lambda _: True) for change in each.changes]


def make(root: Path, sites: str, *servers: str) -> Files:
    """Make all changes; return the files that were edited, by path."""
    made = changes(root, sites, *servers)
    for change in made:
        Raddb(root).write(change.path, change.after)
    return {change.path: change.after.content.decode() for change in made if change.after.kind == FILE}


def test_radtune_s_sites_take_the_place_of_the_stock_ones(root: Path) -> None:
    edited = make(root, "radtune")
    assert edited["dictionary"] == "#\n#ATTRIBUTE\tMine\t3000\tstring\n$INCLUDE mods-config/radtune/dictionary\n"
    assert edited["mods-available/eap"] == EAP.replace(
        "check-eap-tls\n", "check-eap-tls\n\t\tvirtual_server = radtune-check-eap-tls\n"
    ).replace('"inner-tunnel"', '"radtune-inner-tunnel"').replace("= inner-tunnel  #", "= radtune-inner-tunnel  #")
    assert {path.name for path in (root / "sites-enabled").iterdir()} == {
        *("radtune", "radtune-inner-tunnel", "radtune-check-eap-tls")
    }
    assert {path.name for path in (root / "mods-enabled").iterdir()} == {"eap", "radtune", "utf8"}
    assert all(path.resolve().is_file() for path in root.glob("*-enabled/*"))
    assert {*plan(root, "radtune").values()} == {DONE}


def test_an_own_site_gets_the_words_where_the_manual_puts_them(root: Path) -> None:
    edited = make(root, "own")
    assert edited["sites-available/default"] == (
        DEFAULT.replace("\t#\n\t#  The eap", "\tradtune\n\n\t#\n\t#  The eap")
        .replace("\tattr_filter.accounting", "\tradtune\n\tattr_filter.accounting")
        .replace("REJECT {\n", "REJECT {\n\t\tradtune\n\n")
        .replace("\t}\n}\n}\n", "\t}\n\tradtune\n}\n}\n")
    )
    assert edited["sites-available/inner-tunnel"] == TUNNEL.replace("\teap {", "\tradtune\n\teap {").replace(
        "post-auth {\n", "post-auth {\n\tradtune\n"
    )
    assert '"inner-tunnel"' in edited["mods-available/eap"]
    assert {path.name for path in (root / "sites-enabled").iterdir()} == {
        *("default", "inner-tunnel", "radtune-check-eap-tls")
    }
    assert {*plan(root).values()} == {DONE}


def test_files_in_the_place_of_links_are_edited_where_they_are(root: Path) -> None:
    for enabled in ("sites-enabled/default", "mods-enabled/eap"):
        content = (root / enabled).read_bytes()
        (root / enabled).unlink()
        (root / enabled).write_bytes(content)
    assert {"sites-enabled/default", "mods-enabled/eap"} <= set(make(root, "own"))
    assert (root / "sites-available/default").read_text() == DEFAULT
    assert (root / "mods-available/eap").read_text() == EAP


def test_a_copy_of_the_stock_site_goes_and_an_own_file_stays(root: Path) -> None:
    copy = root / "sites-enabled/default"
    copy.unlink()
    copy.write_text(DEFAULT)
    assert plan(root, "radtune")["site"] == TO_DO
    copy.write_text(DEFAULT + "# mine\n")
    said = plan(root, "radtune")
    assert f"{copy}: it is a file of yours and not a link. By hand: move it out" in said["site"]
    assert said["eap"] == f"{WAITS} it waits for the step site"


def test_a_check_of_certificates_of_one_s_own_gets_the_word(root: Path) -> None:
    (root / "mods-available/eap").write_text(EAP.replace("\t\t#\tvirtual_server = c", "\t\tvirtual_server = c"))
    check = root / "sites-enabled/check"
    check.write_text("server check-eap-tls {\nauthorize {\n\tupdate control {\n\t\t&A := 1\n\t}\n}\n}\n")
    for sites in ("own", "radtune"):
        edited = {change.path: change.after.content.decode() for change in changes(root, sites)}
        assert edited["sites-enabled/check"].endswith("\t}\n\tradtune\n}\n}\n")
        assert "sites-enabled/radtune-check-eap-tls" not in edited


def test_one_of_several_servers_is_named(root: Path) -> None:
    (root / "sites-enabled/second").write_text(DEFAULT.replace("server default", "server second"))
    said = plan(root)["virtual servers"]
    assert (
        "default and second have eap. By hand: say which radtune is for: --server default and --server second" in said
    )
    assert plan(root, "own", "second")["virtual servers"] == TO_DO
    assert {*make(root, "own", "default", "second")} >= {"sites-enabled/second", "sites-available/default"}
    assert "virtual server third is in no file there" in plan(root, "own", "third")["virtual servers"]
    assert "inner-tunnel is an inner tunnel or a check, too" in plan(root, "own", "inner-tunnel")["virtual servers"]


def test_what_one_says_no_to_leaves_logins_as_they_are(root: Path) -> None:
    said = plan(root, agreed=lambda each: each.step.name != "eap")
    assert said["dictionary"] == TO_DO and said["eap"] == DECLINED
    assert said["virtual servers"] == said["inner tunnels"] == f"{WAITS} it waits for the step eap"
    said = plan(root, agreed=lambda each: each.step.name != "virtual servers")
    assert said["eap"] == f"{WAITS} it waits for the step virtual servers"


@pytest.mark.parametrize("method", ["tls", "ttls", "peap"])
def test_a_method_that_was_taken_out_needs_nothing(root: Path, method: str) -> None:
    text = EAP.replace(f"\t{method} {{", "\tother {")
    (root / "mods-available/eap").write_text(text)
    assert plan(root, "radtune")["eap"] == TO_DO
    assert len(make(root, "radtune")["mods-available/eap"].splitlines()) == len(text.splitlines()) + (method != "tls")


def test_an_inner_tunnel_of_one_s_own_is_not_replaced(root: Path) -> None:
    (root / "mods-available/eap").write_text(EAP.replace('"inner-tunnel"', "mine"))
    assert ":11: ttls names a tunnel of yours; --sites own adds" in plan(root, "radtune")["eap"]


def test_a_diff_shows_lines_and_links_and_no_secret(root: Path) -> None:
    (root / "mods-available/eap").write_text(EAP.replace("\ttls {\n", "\ttls {\n\t\tprivate_key_password = whatever\n"))
    lines = [line for change in changes(root, "radtune") for line in shown(change)]
    assert "+                virtual_server = radtune-check-eap-tls" in lines
    assert "+ link mods-enabled/radtune -> ../mods-available/radtune" in lines
    assert "- link sites-enabled/default -> ../sites-available/default" in lines
    assert "                 private_key_password = …" in lines and "whatever" not in "\n".join(lines)


def test_a_dictionary_that_includes_radtune_s_by_another_path_is_left(root: Path) -> None:
    (root / "dictionary").write_text(f"$INCLUDE\t{root}/mods-config/radtune/dictionary\r\n")
    assert plan(root)["dictionary"] == DONE
    (root / "dictionary").write_text("#$INCLUDE mods-config/radtune/dictionary\r\n")
    assert make(root, "own")["dictionary"].endswith("\r\n$INCLUDE mods-config/radtune/dictionary\r\n")


def test_a_view_of_changes_is_what_will_be_there(root: Path) -> None:
    seen: View = view(root)
    planned(seen, steps("radtune", ()), lambda _: True)
    assert "sites-enabled/radtune" in seen.enabled("sites") and "sites-enabled/default" not in seen.enabled("sites")
    assert seen.real("sites-enabled/radtune") == "sites-available/radtune"
