"""Whether the enabled sites are FreeRADIUS's own, as its package brought them."""

import re
from hashlib import md5
from pathlib import Path

from radtune_tools.raddb_edit.changes import View
from radtune_tools.raddb_edit.raddb_files import ForeignFileError
from radtune_tools.setup.steps import SITE, STOCK_SITES

DPKG_STATUS = Path("/var/lib/dpkg/status")


def whose_sites(view: View) -> str:
    """Return radtune if radtune's sites may take the place of the enabled ones, own if not, '' if that is unknown.

    Raises OSError.
    """
    if view.exists(f"sites-enabled/{SITE}"):
        return "radtune"
    checksums = _checksums()
    for name in (path.rpartition("/")[2] for path in view.enabled("sites")):
        if name.startswith(SITE) or name == "status":
            continue
        if name not in STOCK_SITES:
            return "own"
        try:
            content = view.read(view.real(f"sites-enabled/{name}")).content
        except ForeignFileError:
            return "own"
        if checksums and checksums.get(name) != md5(content, usedforsecurity=False).hexdigest():
            return "own"
    return "radtune" if checksums else ""


def _checksums() -> dict[str, str]:
    """Return the MD5 sums of the stock sites as the package system knows them; none where there is no dpkg."""
    if not DPKG_STATUS.exists():
        return {}
    text = DPKG_STATUS.read_text(encoding="utf-8", errors="replace")
    return dict(re.findall(r"^ /\S+/sites-available/(\S+) ([0-9a-f]{32})", text, re.MULTILINE))
