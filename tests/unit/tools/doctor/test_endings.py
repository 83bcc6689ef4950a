"""What may end post-auth before radtune is a finding: the login would be let in unjudged."""

from pathlib import Path

import pytest

from radtune_tools.doctor.raddb import Raddb
from radtune_tools.doctor.sites import check_sites
from unit.tools.doctor.examined import change, make_raddb, only, run

SITE = "sites-available/radtune"


@pytest.fixture
def raddb(tmp_path: Path) -> Path:
    return make_raddb(tmp_path / "raddb", tmp_path / "settings.yaml")


@pytest.mark.parametrize(
    ("written", "module", "policy", "called"),
    [
        ("return", "", "", "return"),
        ("handled", "", "", "handled"),
        ("if (&User-Name == bob) {\n\t\t-handled\n\t}", "", "", "handled"),
        ("exec {\n\t\tok = return\n\t}", "", "", "return"),
        ("seen", "always seen {\n\trcode = handled\n}\n", "", "seen"),
        ("vip", "", "vip {\n\tif (&User-Name == bob) {\n\t\treturn\n\t}\n}\n", "vip"),
        ("vip.post-auth", "", "vip.post-auth {\n\tother\n}\nother {\n\thandled\n}\n", "vip"),
    ],
)
def test_what_may_end_post_auth_before_radtune(
    raddb: Path, written: str, module: str, policy: str, called: str
) -> None:
    (raddb / "mods-enabled/own").write_text(module)
    (raddb / "policy.d/own").write_text(policy)
    change(raddb / SITE, r"^\tremove_reply_message_if_eap\n", f"\tremove_reply_message_if_eap\n\t{written}\n")
    said = only(run(check_sites, Raddb(raddb)), "site_post_auth")
    assert said.endswith(f"calls {called} before radtune, which may end the section there")


def test_codes_and_values_that_end_nothing(raddb: Path) -> None:
    written = (
        'exec {\n\t\tok = 1\n\t}\n\tupdate reply {\n\t\tReply-Message := "return"\n\t}\n\tif (handled) {\n\t\tok\n\t}'
    )
    change(raddb / SITE, r"^\tremove_reply_message_if_eap\n", f"\tremove_reply_message_if_eap\n\t{written}\n")
    only(run(check_sites, Raddb(raddb)))
