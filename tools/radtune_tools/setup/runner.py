"""One run of `radtune setup`: shown, agreed, changed, checked, restarted, proved; or put back."""

from collections.abc import Callable, Sequence
from pathlib import Path

from radtune.dataclass import dataclass
from radtune.errors import RadtuneError, UsageError
from radtune.installation import SERVER
from radtune_tools.output import Output
from radtune_tools.raddb_edit.changes import Change, View, shown
from radtune_tools.raddb_edit.journal import Journal, Noted
from radtune_tools.raddb_edit.raddb_files import ForeignFileError, Raddb
from radtune_tools.raddb_edit.transaction import Transaction, taken_back
from radtune_tools.setup.plan import BY_HAND, TO_DO, WAITS, Planned, planned
from radtune_tools.setup.server_control import Server
from radtune_tools.setup.steps import steps
from radtune_tools.setup.stock_sites import whose_sites
from radtune_tools.setup.virtual_servers import missing_servers, servers_without_radtune


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line says.

    sites: radtune, own, or '' for what fits the enabled sites
    servers: with own sites, the virtual servers that radtune is for
    """

    dry_run: bool = False
    sites: str = ""
    servers: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """Who runs it: sees the output, and answers questions.

    agreed: asks a question; raises UsageError without a terminal
    """

    output: Output
    agreed: Callable[[str], bool]


class Runner:
    """One run on the configuration directory `root`; `check` raises if settings, policy or store have faults."""

    def __init__(
        self, root: Path, store: Path, server: Server, wishes: Wishes, person: Person, check: Callable[[], None]
    ) -> None:
        """Read the journal; what a killed run has left is put back. Raises RadtuneError, OSError."""
        self._root, self._server, self._wishes, self._check = root, server, wishes, check
        self._output, self._agreed = person.output, person.agreed
        self._raddb, self._journal = Raddb(root), Journal(store, root)
        self._transaction = Transaction(self._raddb, self._journal)
        self.restarted = False
        if self._journal.unfinished and not wishes.dry_run:
            self._output.instruction("an earlier setup was ended half-way; what it had changed is put back")
            self._put_back()

    def set_up(self) -> tuple[str, list[Planned]]:
        """Make the changes that are wanted; return whose sites radtune is in, and the steps. Raises RadtuneError."""
        view = View(self._raddb)
        sites = self._wishes.sites or self._whose(view)
        whose = {"radtune": "radtune's sites replace the stock ones", "own": "your sites stay, and get radtune's words"}
        self._output.line(f"{self._root}: {whose[sites]}")
        if self._wishes.dry_run:
            self._foresee()
        else:
            self._check_before()
        found = planned(view, steps(sites, self._wishes.servers), self._wanted)
        for each in found:
            if each.state == WAITS:
                self._output.problem(f"{each.step.name}: {each.said}")
        for name in servers_without_radtune(view):
            self._output.instruction(f"the virtual server {name} takes logins, too, and radtune isn't asked there")
        to_do = [each for each in found if each.state == TO_DO]
        if to_do and not self._wishes.dry_run:
            self._change([(each.step.name, each.changes) for each in to_do])
            self._end(restart=any(each.step.live for each in to_do), loads_radtune=True)
        return sites, found

    def undo(self) -> tuple[list[Change], list[str]]:
        """Take back what the journal has; return that, and what is left to do by hand. Raises RadtuneError."""
        noted = list(self._journal.noted)
        if not noted:
            if not self._wishes.dry_run:
                self._transaction.keep([])  # an empty journal of a run that was killed early
            self._output.line(f"nothing to undo: there is no {self._journal.file}")
            return [], []
        view = View(self._raddb)
        back, left = taken_back(view, noted)
        for change in back:
            self._show(change)
        for _, why in left:
            self._output.problem(why)
        if missing := missing_servers(view):
            what = f"eap would name {' and '.join(missing)}, which is gone then, and clients would be refused"
            self._output.problem(f"{what}: nothing was changed. Do what the lines above say, and run it again")
            return [], [why for _, why in left] or [what]
        if back and not self._wishes.dry_run:
            if not self._agreed("Put this back?"):
                raise UsageError("nothing was changed")
            self._change([("undo", back)], undoes=True)
            self._end(restart=True, loads_radtune=False, left=[each for each, _ in left])
        elif not self._wishes.dry_run:
            self._transaction.keep([each for each, _ in left])
        return back, [why for _, why in left]

    def _whose(self, view: View) -> str:
        try:
            if sites := whose_sites(view):
                return sites
        except ForeignFileError as error:
            raise RadtuneError(f"{self._root}/sites-enabled: one of its files {error}; look at it") from None
        raise UsageError(
            f"it is unknown here whether {self._root}/sites-enabled has the stock sites: give --sites radtune, which "
            "replaces them, or --sites own, which adds radtune's words to them"
        )

    def _foresee(self) -> None:
        """Say what would keep a run from its first change."""
        try:
            self._check()
        except RadtuneError as error:
            self._output.problem(f"a run would change nothing until this is mended: {error}")

    def _check_before(self) -> None:
        self._check_loads("as it is; mend that first")
        self._check()

    def _wanted(self, each: Planned) -> bool:
        """Show a step; tell whether it is to be done."""
        if each.state == BY_HAND:
            self._output.problem(f"{each.step.name}: {each.said}")
            return False
        self._output.line(f"{each.step.name}: {each.step.why if each.state == TO_DO else each.state}")
        for change in each.changes:
            self._show(change)
        return each.state == TO_DO and (self._wishes.dry_run or self._agreed("Make this change?"))

    def _show(self, change: Change) -> None:
        for line in shown(change):
            self._output.line(line)

    def _change(self, changes: Sequence[tuple[str, Sequence[Change]]], *, undoes: bool = False) -> None:
        """Make changes, each step checked by the server; if one fails, all are put back. Raises RadtuneError."""
        # Files are put back even if the server was removed.
        before = self._server.faults() if undoes and self._server.is_installed else []
        try:
            for name, each in changes:
                self._transaction.make(name, each)
                if not before and (self._server.is_installed or not undoes):
                    self._check_loads(f"with the step {name}")
            if not undoes:
                self._check()
        except BaseException:  # Ctrl-C, too, must not leave half of it
            self._put_back()
            raise
        if before:
            self._output.problem("\n".join([f"{SERVER} can't load its configuration, before and after:", *before]))

    def _check_loads(self, when: str) -> None:
        """Raise RadtuneError, with the server's own lines, if it can't load its configuration."""
        if faults := self._server.faults():
            raise RadtuneError("\n".join([f"{SERVER} can't load its configuration {when}:", *faults]))

    def _put_back(self) -> None:
        try:
            left = self._transaction.put_back()
        except OSError as error:
            self._output.problem(f"not all was put back: {error.strerror}; mend that, and run radtune setup --undo")
            return
        self._output.problem("\n".join(left) or "what was changed is as it was before")

    def _end(self, *, restart: bool, loads_radtune: bool, left: Sequence[Noted] | None = None) -> None:
        """Restart the server, if that is wanted; the changes stay if it comes up. Raises RadtuneError."""
        command = self._server.restart_command() if restart else []
        words = " ".join(command) or f"systemctl restart {SERVER}"
        if restart and not command:
            self._output.instruction(f"{SERVER} isn't running under systemd: start it anew yourself ({words})")
        elif restart and self._agreed(f"Restart the server now ({words})?"):
            self._restart(command, loads_radtune=loads_radtune)
        elif restart:
            self._output.instruction(f"the changes count from the next restart on: {words}")
        try:
            self._transaction.keep(left)
        except OSError as error:
            why = f"{self._journal.file}: can't be written: {error.strerror}"
            self._output.problem(f"{why}; the changes stay, and the next radtune setup makes them anew")

    def _restart(self, command: Sequence[str], *, loads_radtune: bool) -> None:
        try:
            faults = self._server.restart(command, loads_radtune=loads_radtune)
        except BaseException:  # Ctrl-C: as if it had not come up
            self._put_back()
            raise
        if not faults:
            self.restarted = True
            self._output.line(f"{SERVER} was restarted")
            return
        self._put_back()
        again = self._server.restart(command, loads_radtune=False)
        after = f"and not as before either ({' / '.join(again)})" if again else "and runs as before"
        raise RadtuneError("\n".join([f"{SERVER} did not come up with the changes, {after}:", *faults]))
