"""Each finding about the server's configuration: in a directory in which all is well, one thing is made wrong."""

from collections.abc import Callable
from pathlib import Path
from shutil import copy

import pytest

from radtune_tools.doctor.kinds import KINDS
from radtune_tools.doctor.module import check_module
from radtune_tools.doctor.raddb import Raddb
from radtune_tools.doctor.report import Check
from radtune_tools.doctor.sites import check_eap, check_sites
from unit.tools.doctor.examined import change, make_raddb, only, run

Look = Callable[[], Check]


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    return tmp_path / "settings.yaml"


@pytest.fixture
def raddb(tmp_path: Path, settings: Path) -> Path:
    return make_raddb(tmp_path / "raddb", settings)


@pytest.fixture
def module(raddb: Path, settings: Path) -> Look:
    return lambda: run(check_module, Raddb(raddb), settings)


@pytest.fixture
def eap(raddb: Path) -> Look:
    return lambda: run(check_eap, Raddb(raddb))


@pytest.fixture
def sites(raddb: Path) -> Look:
    return lambda: run(check_sites, Raddb(raddb))


def test_nothing_is_found_where_all_is_well(module: Look, eap: Look, sites: Look) -> None:
    for look in (module, eap, sites):
        only(look())


def test_a_module_that_is_not_enabled(raddb: Path, module: Look) -> None:
    (raddb / "mods-enabled/radtune").unlink()
    only(module(), "module_disabled")


def test_a_module_with_other_settings(raddb: Path, module: Look) -> None:
    change(raddb / "mods-available/radtune", r'settings = ".*?"', 'settings = "${confdir}/other.yaml"')
    assert f"are {raddb}/other.yaml, the command's are " in only(module(), "module_settings")


def test_settings_by_a_link_are_the_same(raddb: Path, settings: Path, module: Look) -> None:
    settings.touch()
    (raddb / "link.yaml").symlink_to(settings)
    change(raddb / "mods-available/radtune", r'settings = ".*?"', 'settings = "${confdir}/link.yaml"')
    only(module())


def test_files_of_radtune_that_are_missing(raddb: Path, module: Look) -> None:
    (raddb / "policy.d/radtune").unlink()
    assert "policy.d/radtune isn't there" in only(module(), "raddb_files")


def test_policies_that_an_upgrade_or_an_editor_has_left(raddb: Path, module: Look) -> None:
    (raddb / "policy.d/radtune.dpkg-old").write_text("radtune.post-auth {\n\tok\n}\n")
    assert only(module(), "policy_twice").startswith(f"{raddb}/policy.d/radtune.dpkg-old defines radtune's policies")
    (raddb / "policy.d/radtune.dpkg-old").rename(raddb / "policy.d/a-radtune")
    assert only(module(), "policy_twice").startswith(f"{raddb}/policy.d/a-radtune defines radtune's policies")
    (raddb / "policy.d/a-radtune").rename(raddb / "policy.d/radtune~")
    only(module())
    # Another copy of the file that includes them.
    copy(raddb / "policy.d/radtune", raddb / "policy.d/radtune.dpkg-dist")
    only(module())


def test_the_dictionary_line(raddb: Path, module: Look) -> None:
    (raddb / "dictionary").write_text("# $INCLUDE mods-config/radtune/dictionary\n")
    check = module()
    only(check, "dictionary")
    line = f"echo '$INCLUDE mods-config/radtune/dictionary' >> {raddb}/dictionary"
    assert check.findings[0].mend == f"radtune setup; or by hand: {line}"


def test_utf8(raddb: Path, module: Look) -> None:
    (raddb / "mods-enabled/utf8").unlink()
    only(module(), "utf8")


@pytest.mark.parametrize(
    ("pattern", "new", "says"),
    [
        (r"virtual_server = radtune-check-eap-tls\n", "", "it names no virtual_server"),
        ("radtune-check-eap-tls", "check-eap-tls", "its virtual_server check-eap-tls isn't enabled"),
        ("radtune-check-eap-tls", "empty", "authorize { } of its server empty doesn't call radtune"),
    ],
)
def test_the_check_of_certificates(raddb: Path, eap: Look, pattern: str, new: str, says: str) -> None:
    (raddb / "sites-enabled/empty").write_text("server empty {\n}\n")
    change(raddb / "mods-enabled/eap", pattern, new)
    check = eap()
    assert only(check, "eap_tls_check").endswith(says)
    # What the archive has of it.
    assert check.findings[0].fields["problem"] == ("missing" if says.endswith("radtune") else "virtual_server")


@pytest.mark.parametrize(
    ("file", "pattern", "new", "says"),
    [
        ("mods-enabled/eap", r'virtual_server = "radtune-inner-tunnel"\n', "", "it names no virtual_server"),
        ("mods-enabled/eap", r"radtune-inner-tunnel", "other", "its virtual_server other isn't enabled"),
    ],
)
def test_one_tunnel(raddb: Path, eap: Look, file: str, pattern: str, new: str, says: str) -> None:
    change(raddb / file, pattern, new)
    assert "the tunnel of ttls { }" in only(eap(), "eap_inner_tunnel")
    assert only(eap(), "eap_inner_tunnel").endswith(says)


@pytest.mark.parametrize(
    ("pattern", "new", "says"),
    [
        (r"^\tradtune\n", "", "authorize { } of its server radtune-inner-tunnel doesn't call radtune"),
        (r"^\tradtune\n(?=\n\tfilter)", "\teap\n\tradtune\n", "calls eap before radtune"),
        (r"^\tradtune\n(?=\n\tPost-Auth)", "", "post-auth { } of its server radtune-inner-tunnel doesn't call radtune"),
        (r"^\tradtune\n(?=\n\tPost-Auth)", "\tradtune\n\t-sql\n", "calls sql behind radtune"),
    ],
)
def test_the_inner_tunnel_s_words(raddb: Path, eap: Look, pattern: str, new: str, says: str) -> None:
    change(raddb / "sites-available/radtune-inner-tunnel", pattern, new)
    assert only(eap(), "eap_inner_tunnel", "eap_inner_tunnel").endswith(says)


def test_tls_1_3(raddb: Path, eap: Look) -> None:
    change(raddb / "mods-enabled/eap", '"1.2"', '"1.3"')
    assert only(eap(), "eap_tls_version").endswith("tls_max_version is 1.3")


def test_a_cache_that_forgets_who_was_in_the_tunnel(raddb: Path, eap: Look) -> None:
    change(raddb / "mods-enabled/eap", "enable = no", "enable = yes")
    assert only(eap(), "eap_cache").endswith("doesn't keep Radtune-Inner-Type")
    change(raddb / "mods-enabled/eap", r"store \{", "store {\n&Radtune-Inner-Type\nRadtune-Inner-User-Name")
    only(eap())


def test_no_site_at_all(raddb: Path, sites: Look) -> None:
    (raddb / "sites-enabled/radtune").unlink()
    only(sites(), "site_missing")


SITE = "sites-available/radtune"


def test_authorize(raddb: Path, sites: Look) -> None:
    change(raddb / SITE, r"^\tradtune\n", "")
    assert only(sites(), "site_authorize").endswith("server radtune: authorize { } doesn't call radtune")
    change(raddb / SITE, r"^\tchap\n", "\teap {\n\t\tok = return\n\t}\n\tradtune\n")
    check = sites()
    assert only(check, "site_authorize").endswith("calls eap before radtune")
    assert check.findings[0].fields["problem"] == "order"


def test_post_auth(raddb: Path, sites: Look) -> None:
    change(
        raddb / SITE, r"^\tremove_reply_message_if_eap\n(.*?)\tradtune\n", "\tradtune\n\tremove_reply_message_if_eap\n"
    )
    assert only(sites(), "site_post_auth").endswith("calls remove_reply_message_if_eap behind radtune")
    change(raddb / SITE, r"^\tradtune\n\tremove_reply_message_if_eap\n", "")
    assert only(sites(), "site_post_auth").endswith("doesn't call radtune")


def test_post_auth_type_reject(raddb: Path, sites: Look) -> None:
    change(raddb / SITE, r"^\t\tradtune\n(.*?)\t\teap\n", "\t\teap\n\t\tradtune\n")
    assert only(sites(), "site_reject").endswith("calls eap before radtune")
    change(raddb / SITE, r"^\tPost-Auth-Type REJECT", "\tPost-Auth-Type Other")
    assert only(sites(), "site_reject").endswith("doesn't call radtune")


def test_accounting(raddb: Path, sites: Look) -> None:
    change(raddb / SITE, r"^\tradtune\n(?=\n\tattr_filter.accounting)", "")
    assert only(sites(), "site_accounting").endswith("server radtune: accounting { } doesn't call radtune")
    change(raddb / SITE, r"^accounting \{.*?^\}\n", "")
    assert only(sites(), "site_accounting").endswith("server radtune: accounting { } doesn't call radtune")


def test_a_word_in_a_condition_or_in_a_policy_of_the_operator_counts(raddb: Path, sites: Look) -> None:
    (raddb / "policy.d/mine").write_text("mine.post-auth {\n\tif (&NAS-Port-Type != Virtual) {\n\t\tradtune\n\t}\n}\n")
    change(raddb / SITE, r"^\tradtune\n(?=\n\tchap)", "\tgroup {\n\t\tradtune\n\t}\n")
    change(raddb / SITE, r"^\tradtune\n(?=\n\t#\n\t#  MACsec)", "\tmine\n")
    only(sites())


def test_a_check_of_certificates_and_a_tunnel_that_nobody_names_are_no_sites(raddb: Path, sites: Look) -> None:
    change(raddb / "mods-enabled/eap", r"^eap \{.*", "eap {\n}\n")
    only(sites())


def test_what_can_not_be_read_is_not_known(raddb: Path, settings: Path) -> None:
    (raddb / "mods-enabled/odd").write_text('odd {\n\tx = "never closed\n}\n')
    (raddb / "sites-enabled/other").write_text("$INCLUDE ${somewhere}/x\n")
    read = Raddb(raddb)
    assert {each.partition(":")[0] for each in read.obscure} == {
        f"what {raddb}/mods-enabled/odd says",
        f"what {raddb}/sites-enabled/other",
    }
    only(run(check_sites, read))
    for name in ("mods-enabled/utf8", "mods-enabled/radtune", "sites-enabled/radtune"):
        (raddb / name).unlink()
    whys = [each.why for look in (check_module, check_sites) for each in seen(look, Raddb(raddb), settings).not_known]
    assert whys == [
        "whether the server loads no module of radtune's: it may be in a file that wasn't read",
        "whether the module utf8 isn't enabled: it may be in a file that wasn't read",
        f"whether {KINDS['site_missing'].what}: it may be in a file that wasn't read",
    ]


def seen(look: Callable[..., None], raddb: Raddb, settings: Path) -> Check:
    return run(look, raddb, *([settings] if look is check_module else []))
