"""radtune switched on and off in the server, by the lines of the manual."""

import shutil
from pathlib import Path

from deb.machine import RADDB, typed
from parts.manual import blocks, page
from parts.raddb import SITES, edit

SAVED = Path("/var/tmp/raddb-before")
CHECKS = ("radtune ", "freeradius ", "systemctl ")


def switch_on() -> str:
    """Type what docs/test.md and docs/eap.md say; say so."""
    for name in ("dictionary", "mods-available/eap"):
        (SAVED / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(RADDB / name, SAVED / name)
    (block,) = [each for each in blocks(page("test")) if "sites-enabled" in each]
    typed("\n".join(line.strip() for line in block.splitlines() if not line.strip().startswith(CHECKS)))
    edit(
        RADDB / "mods-available/eap",
        (r"^\t#\tvirtual_server = check-eap-tls", "\t\tvirtual_server = radtune-check-eap-tls"),
        (r'^\t\tvirtual_server = "inner-tunnel"', '\t\tvirtual_server = "radtune-inner-tunnel"'),
    )
    return "switched on by the lines of docs/test.md and docs/eap.md"


def switch_off(*, keep_links: bool = False) -> str:
    """Undo it by hand; with `keep_links` the links to what is radtune's stay."""
    for name in ("dictionary", "mods-available/eap"):
        (RADDB / name).write_bytes((SAVED / name).read_bytes())
    if not keep_links:
        for link in (RADDB / "mods-enabled/radtune", *(RADDB / "sites-enabled" / name for name in SITES)):
            link.unlink()
    for name in ("default", "inner-tunnel"):
        (RADDB / "sites-enabled" / name).symlink_to(f"../sites-available/{name}")
        typed(f"chown -h freerad: {RADDB}/sites-enabled/{name}")
    return "switched off by hand"
