"""What the tests of the doctor share: a check that has run, and a configuration of a server in which all is well."""

import re
from collections.abc import Callable
from pathlib import Path
from shutil import copytree
from typing import Any

from radtune_tools.doctor.report import Check, CheckName, look

SHIPPED = Path(__file__).resolve().parents[4] / "raddb"
MAIN = """\
raddbdir = {raddb}
confdir = ${{raddbdir}}
modconfdir = ${{confdir}}/mods-config
certdir = ${{confdir}}/certs
modules {{
	$INCLUDE mods-enabled/
}}
policy {{
	$INCLUDE policy.d/
}}
$INCLUDE sites-enabled/
"""
EAP = """\
eap {
	tls-config tls-common {
		private_key_file = ${certdir}/server.key
		certificate_file = ${certdir}/server.pem
		ca_file = ${certdir}/ca.pem
		tls_max_version = "1.2"
		cache {
			enable = no
			store {
				Tunnel-Private-Group-Id
			}
		}
	}
	tls {
		tls = tls-common
		virtual_server = radtune-check-eap-tls
	}
	ttls {
		tls = tls-common
		virtual_server = "radtune-inner-tunnel"
	}
	peap {
		tls = tls-common
		virtual_server = "radtune-inner-tunnel"
	}
}
"""


def make_raddb(raddb: Path, settings: Path) -> Path:
    """Make a configuration directory with radtune in it; the server's settings are these."""
    copytree(SHIPPED, raddb)
    for name in ("mods-enabled", "sites-enabled", "certs"):
        (raddb / name).mkdir()
    (raddb / "radiusd.conf").write_text(MAIN.format(raddb=raddb))
    (raddb / "dictionary").write_text("$INCLUDE mods-config/radtune/dictionary\n")
    (raddb / "mods-enabled/utf8").write_text("utf8 {\n}\n")
    (raddb / "mods-enabled/eap").write_text(EAP)
    (raddb / "mods-enabled/radtune").symlink_to("../mods-available/radtune")
    for site in (raddb / "sites-available").iterdir():
        (raddb / "sites-enabled" / site.name).symlink_to(f"../sites-available/{site.name}")
    change(raddb / "mods-available/radtune", r'settings = ".*"', f'settings = "{settings}"')
    return raddb


def change(file: Path, pattern: str, new: str) -> None:
    """Replace what the pattern matches first; it has to match."""
    text, count = re.subn(pattern, lambda _: new, file.read_text(), count=1, flags=re.MULTILINE | re.DOTALL)
    assert count, pattern
    file.write_text(text)


def run(call: Callable[..., None], *arguments: Any, name: CheckName = "machine", **named: Any) -> Check:
    """Return a check that has run."""
    return look(name, lambda found: call(found, *arguments, **named), 30.0)


def only(check: Check, *kinds: str) -> str:
    """Hold the findings to be of these kinds, and nothing to be unknown; return the last one's words."""
    assert check.not_known == []
    assert [each.kind for each in check.findings] == [*kinds], [each.what for each in check.findings]
    for each in check.findings:
        assert each.what and each.why and each.mend
    return check.findings[-1].what if check.findings else ""


def unknown(check: Check) -> str:
    """Hold one thing to be unknown, and nothing to be found; return why."""
    assert check.findings == []
    (found,) = check.not_known
    return found.why
