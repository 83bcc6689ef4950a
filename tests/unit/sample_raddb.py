"""A small configuration directory of a server, with radtune's files in it; and a server that loads or refuses it."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from shutil import copytree

from radtune_tools.context import Form
from radtune_tools.output import Output
from radtune_tools.raddb_edit.changes import View
from radtune_tools.raddb_edit.raddb_files import Raddb
from radtune_tools.setup.plan import Planned, planned
from radtune_tools.setup.runner import Person, Runner, Wishes
from radtune_tools.setup.server_control import Server
from radtune_tools.setup.steps import steps

RADDB = Path(__file__).resolve().parents[2] / "raddb"
MAIN = """\
modules {
\t$INCLUDE mods-enabled/
}
policy {
\t$INCLUDE policy.d/
}
$INCLUDE sites-enabled/
"""
EAP = """\
eap {
\tdefault_eap_type = md5
\ttls-config tls-common {
\t\tprivate_key_password = whatever
\t}
\ttls {
\t\ttls = tls-common
\t\t#\tvirtual_server = check-eap-tls
\t}
\tttls {
\t\tvirtual_server = "inner-tunnel"
\t}
\tpeap {
\t\tvirtual_server = inner-tunnel  # comment
\t}
}
"""
DEFAULT = """\
server default {
listen {
\ttype = auth
\tipaddr = *
\tport = 0
}
authorize {
\tpreprocess
\t#
\t#  The eap module.
\t#
\teap {
\t\tok = return
\t}
\tfiles
}
accounting {
\tdetail
\tattr_filter.accounting_response
}
post-auth {
\tif (session-state:User-Name) {
\t\tupdate reply {
\t\t\t&User-Name !* ANY
\t\t}
\t}
\texec
\tPost-Auth-Type REJECT {
\t\tattr_filter.access_reject
\t}
}
}
"""
TUNNEL = """\
server inner-tunnel {
authorize {
\tmschap
\teap {
\t\tok = return
\t}
}
post-auth {
}
}
"""


def sample_raddb(directory: Path) -> Path:
    """Make the directory, and return it."""
    root = directory / "raddb"
    copytree(RADDB, root)
    for name in ("sites-enabled", "mods-enabled"):
        (root / name).mkdir()
    (root / "radiusd.conf").write_text(MAIN)
    (root / "dictionary").write_text("#\n#ATTRIBUTE\tMine\t3000\tstring")
    (root / "mods-available/utf8").write_text("utf8 {\n}\n")
    (root / "mods-available/eap").write_text(EAP)
    (root / "sites-available/default").write_text(DEFAULT)
    (root / "sites-available/inner-tunnel").write_text(TUNNEL)
    for kind, name in (("mods", "eap"), ("sites", "default"), ("sites", "inner-tunnel")):
        (root / f"{kind}-enabled/{name}").symlink_to(f"../{kind}-available/{name}")
    (root / "mods-available/eap").chmod(0o640)
    return root


def tree(root: Path) -> dict[str, tuple[object, ...]]:
    """Return all that is below a directory: what it is, its mode, and what it holds."""
    found: dict[str, tuple[object, ...]] = {}
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        if path.is_symlink():
            found[name] = ("link", str(path.readlink()))
        elif path.is_file():
            found[name] = ("file", path.stat().st_mode, path.read_bytes())
        else:
            found[name] = ("directory", path.stat().st_mode)
    return found


def view(root: Path) -> View:
    """Return a view of the directory without changes."""
    return View(Raddb(root))


def plan(
    root: Path, sites: str = "own", *servers: str, agreed: Callable[[Planned], bool] = lambda _: True
) -> dict[str, str]:
    """Plan all steps; return the states and what is said, by step."""
    found = planned(view(root), steps(sites, servers), agreed)
    return {each.step.name: f"{each.state} {each.said}".strip() for each in found}


class SampleServer(Server):
    """A server that loads every configuration, and comes up; a test takes what it says from `refuses` and `fails`."""

    def __init__(self, root: Path, store: Path) -> None:
        super().__init__(root, store)
        self.root = root
        self.refuses: dict[str, str] = {}
        """A path of the configuration, and what the server says if it is there."""
        self.fails: list[list[str]] = []
        """What the next restarts say."""
        self.restarts = 0

    @property
    def is_installed(self) -> bool:
        return True

    def faults(self) -> list[str]:
        return [said for path, said in self.refuses.items() if os.path.lexists(self.root / path)]

    def restart_command(self) -> list[str]:
        return ["restart"]

    def restart(self, command: Sequence[str], *, loads_radtune: bool) -> list[str]:
        assert command == ["restart"]
        self.restarts += 1
        return self.fails.pop(0) if self.fails else []


class Setup:
    """Runs on one directory; `answers` are given to questions in turn, then yes; `asked` are the questions."""

    def __init__(self, directory: Path) -> None:
        self.root = sample_raddb(directory)
        self.store = directory / "store"
        self.store.mkdir()
        self.server = SampleServer(self.root, self.store)
        self.answers: list[bool] = []
        self.asked: list[str] = []

    def runner(self, *, dry_run: bool = False, sites: str = "radtune", servers: Sequence[str] = ()) -> Runner:
        """Return a run that begins; a killed one before it is put back."""
        person = Person(Output(Form()), self._answer)
        return Runner(self.root, self.store, self.server, Wishes(dry_run, sites, servers), person, lambda: None)

    def _answer(self, question: str) -> bool:
        self.asked.append(question)
        return self.answers.pop(0) if self.answers else True
