"""What setup doesn't know for sure: it is left, with its line and what to do by hand, and no login changes."""

import os
from pathlib import Path

import pytest

from radtune_tools.setup.plan import BY_HAND, TO_DO
from unit.sample_raddb import plan, sample_raddb


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = sample_raddb(tmp_path)
    (root / "policy.d/mine").write_text(
        "ends.post-auth {\n\tif (1) {\n\t\treturn\n\t}\n}\ncaller {\n\tends\n}\nmore {\n\t$INCLUDE x\n}\n"
    )
    (root / "mods-enabled/quiet").write_text("always quiet {\n\trcode = handled\n}\nalways loud {\n\trcode = ok\n}\n")
    return root


SITE, EAP_FILE, INNER = "sites-available/default", "mods-available/eap", "sites-available/inner-tunnel"
UNKNOWN = {
    "an include in a site": (
        SITE,
        "authorize {\n",
        "authorize {\n$INCLUDE x\n",
        "virtual servers",
        ":8: what $INCLUDE x",
    ),
    "an include in a server": (SITE, "listen {\n", "$INCLUDE x\nlisten {\n", "virtual servers", ":2: what $INCLUDE x"),
    "an include of servers": (
        SITE,
        "server default",
        "$INCLUDE x\nserver default",
        "virtual servers",
        ":1: what $INCL",
    ),
    "a macro": (SITE, "\tfiles\n", "\t${x}\n", "virtual servers", ":15: what ${x} stands for"),
    "no eap": (SITE, "\teap {\n\t\tok = return\n\t}\n", "", "virtual servers", "no virtual server there has eap"),
    "two eaps": (SITE, "\tfiles\n", "\teap\n", "virtual servers", ":15: eap stands there more than once"),
    "eap in a block": (
        SITE,
        "\teap {\n\t\tok = return\n\t}",
        "\tif (1) {\n\teap\n\t}",
        "virtual servers",
        "inside of a",
    ),
    "radtune behind eap": (SITE, "\tfiles\n", "\tradtune\n", "virtual servers", ":15: radtune stands behind eap"),
    "a return": (
        SITE,
        "\texec\n",
        "\texec {\n\tok = return\n\t}\n",
        "virtual servers",
        ":28: this may end the section",
    ),
    "the module handled": (SITE, "\texec\n", "\tif (1) {\n\t\thandled\n\t}\n", "virtual servers", ":28: this may end"),
    "handled with actions": (SITE, "\texec\n", "\thandled {\n\t\tok = 1\n\t}\n", "virtual servers", ":27: this may"),
    "a policy with an include": (SITE, "\texec\n", "\tmore\n", "virtual servers", ":27: more may end"),
    "a module like handled": (SITE, "\texec\n", "\tquiet\n", "virtual servers", ":27: quiet may end the section"),
    "a policy that returns": (SITE, "\texec\n", "\t-ends\n", "virtual servers", ":27: ends may end the"),
    "a policy that calls one": (SITE, "\texec\n", "\tcaller\n", "virtual servers", ":27: caller may end"),
    "a return before radtune": (
        SITE,
        "\texec\n",
        "\texec {\n\tok = return\n\t}\n\tradtune\n",
        "virtual servers",
        ":28: this may end",
    ),
    "a type of one's own": (
        SITE,
        "Type REJECT",
        "Type Mine",
        "virtual servers",
        "takes the place of the whole section",
    ),
    "a second REJECT": (
        SITE,
        "\texec\n",
        "\texec\n\tPost-Auth-Type Reject {\n\t}\n",
        "virtual servers",
        "a second Post-Auth-Type REJECT",
    ),
    "no accounting": (
        SITE,
        "accounting {",
        "acounting {",
        "virtual servers",
        "server default has no section accounting",
    ),
    "two authorizes": (
        SITE,
        "accounting {",
        "authorize {\n}\naccounting {",
        "virtual servers",
        "several sections authori",
    ),
    "one line": (
        SITE,
        "REJECT {\n\t\tattr_filter.access_reject\n\t}",
        "REJECT { attr_filter.access_reject }",
        "virtual servers",
        ":28: radtune doesn't edit a section that begins and goes on in one line",
    ),
    "no server": (SITE, "server default {", "server {", "virtual servers", "no virtual server there has eap"),
    "a site that is made": (
        SITE,
        "server default",
        "# Managed by Puppet\nserver default",
        "virtual servers",
        ":1: another",
    ),
    "an open quote": (SITE, "port = 0", 'port = "0', "virtual servers", ":5: radtune doesn't know a quote"),
    "a second eap module": (EAP_FILE, "eap {\n", "eap second {\n}\neap {\n", "eap", "2 eap modules are enabled"),
    "a named eap module": (
        EAP_FILE,
        "eap {\n",
        "eap mine {\n",
        "eap",
        ":1: the eap module has a name of its own, mine",
    ),
    "an include in eap": (
        EAP_FILE,
        "\ttls {\n",
        "\t$INCLUDE x\n\ttls {\n",
        "eap",
        ":6: what $INCLUDE x brings into eap",
    ),
    "an include in tls": (
        EAP_FILE,
        "\ttls {\n",
        "\ttls {\n\t$INCLUDE x\n",
        "eap",
        ":7: what $INCLUDE x brings into tls",
    ),
    "a macro in eap": (EAP_FILE, '"inner-tunnel"', "${x}", "eap", ":11: what ${x} stands for"),
    "a line twice": (
        EAP_FILE,
        "\tttls {\n",
        "\tttls {\n\t\tvirtual_server = x\n",
        "eap",
        ":12: a second one in eap's ttls",
    ),
    "a tunnel without a line": (
        EAP_FILE,
        '\t\tvirtual_server = "inner-tunnel"\n',
        "",
        "inner tunnels",
        "names no virtual_s",
    ),
    "an unknown tunnel": (
        EAP_FILE,
        '"inner-tunnel"',
        "gone",
        "inner tunnels",
        "virtual server gone is in no file there",
    ),
    "a tunnel with a return": (INNER, "post-auth {\n", "post-auth {\n\treturn\n", "inner tunnels", ":9: this may end"),
    "an open block": ("dictionary", "#\n", "BEGIN-VENDOR x\n", "dictionary", "a block in it is not closed"),
    "no policies": ("radiusd.conf", "policy.d/", "mine.d/", "module", "it doesn't include policy.d"),
    "no sites": ("radiusd.conf", "$INCLUDE sites-enabled/\n", "", "module", "it doesn't include sites-enabled"),
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_what_is_not_known_is_left_with_its_line_and_no_login_changes(root: Path, case: str) -> None:
    path, old, new, step, says = UNKNOWN[case]
    text = (root / path).read_text()
    assert old in text
    (root / path).write_text(text.replace(old, new, 1))
    said = plan(root)
    assert says in said[step] and said[step].startswith(BY_HAND) and " By hand: " in said[step]
    assert {state.partition(" ")[0] for name, state in said.items() if name in ("eap", "virtual servers")} <= {
        *("waits", "by", "already")
    }


def test_a_link_that_leads_out_is_left(root: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "eap"
    (root / "mods-available/eap").rename(elsewhere)
    (root / "mods-enabled/eap").unlink()
    (root / "mods-enabled/eap").symlink_to(elsewhere)
    assert f"it is a link to {elsewhere}, outside of {root}" in plan(root)["eap"]


@pytest.mark.parametrize(("kind", "step"), [("mods", "eap"), ("sites", "virtual servers")])
def test_what_is_no_file_is_left(root: Path, kind: str, step: str) -> None:
    os.mkfifo(root / f"{kind}-enabled/pipe")
    assert f"{root}/{kind}-enabled/pipe: it is neither a file nor a link. By hand: " in plan(root)[step]


def test_directories_are_passed_over_as_the_server_does(root: Path) -> None:
    before = plan(root)
    for kind in ("mods", "sites"):
        (root / f"{kind}-enabled/old").mkdir()
        (root / f"{kind}-enabled/older").symlink_to("old")
    assert plan(root) == before and before["virtual servers"] == TO_DO


def test_a_file_with_a_second_name_is_left(root: Path) -> None:
    (root / "mine").hardlink_to(root / "dictionary")
    assert "has a second name (a hard link)" in plan(root)["dictionary"]


def test_a_directory_that_is_a_link_is_left(root: Path) -> None:
    (root / "mods-available").rename(root / "mine")
    (root / "mods-available").symlink_to("mine")
    assert "it is in mods-available, which is a link or no directory" in plan(root)["eap"]


def test_files_of_radtune_that_are_missing_are_named(root: Path) -> None:
    for name, step in (("mods-config/radtune/dictionary", "dictionary"), ("policy.d/radtune", "module")):
        (root / name).unlink()
        assert f"{root / name}: there is no such file. By hand: install radtune's files" in plan(root)[step]
