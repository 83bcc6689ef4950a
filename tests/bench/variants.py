"""What the servers do with a login: one variant for each row of the table.

All have the same configuration and the same complete site, sites-available/radtune. What the word `radtune` means in
that site is defined in policy.d/radtune; there the variants differ, so that a row differs from another by its look-up.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from parts.raddb import DEFAULT_PYTHON_PATH, Change, Layout, edit, enable
from parts.readable import PROJECT

FIXED_VLAN = "750"


def _reply(vlan: str) -> str:
    return f"""\
	update reply {{
		&Tunnel-Type:0 := VLAN
		&Tunnel-Medium-Type:0 := IEEE-802
		&Tunnel-Private-Group-Id:0 := "{vlan}"
		&Message-Authenticator := 0x00
	}}
"""


ACCEPT = """\
	update control {
		&Auth-Type := Accept
	}
"""
# The look-up goes by the user name as it came: no more work than the simplest policy that an operator could write.
LOOK_UP = f"""\
radtune.authorize {{
	update control {{
		&Tmp-String-0 := "%s"
	}}
	if (&control:Tmp-String-0 == "compliant") {{
{_reply("750")}
	}}
	elsif (&control:Tmp-String-0 == "noncompliant") {{
{_reply("1")}
	}}
	else {{
		reject
	}}
{ACCEPT}
}}
"""
ELSEWHERE = """\
radtune.post-auth {
	noop
}
radtune.accounting {
	ok
}
"""
FIXED = f"radtune.authorize {{\n{ACCEPT}{_reply(FIXED_VLAN)}}}\n{ELSEWHERE}"
BARE_SITE = """\
server radtune {
listen {
	type = auth
}
authorize {
	radtune
}
}
"""
# In place of the module: what it would answer, in unlang.
FIXED_HOOK = f"""\
radtune_hook.authorize {{
{ACCEPT}
	updated
}}
radtune_hook.post-auth {{
{_reply(FIXED_VLAN)}
	updated
}}
radtune_hook.accounting {{
	ok
}}
"""


@dataclass(frozen=True, slots=True)
class Variant:
    """A row; `key` is its letter in the table, or "" for what only shows where (d) gets its cost from.

    `fixed`: every client gets FIXED_VLAN. `hook` is what the server's python3 module loads, where it has one.
    """

    key: str
    title: str
    changes: Sequence[Change] = ()
    fixed: bool = True
    hook: str = "radtune.server.hook"
    python_path: Sequence[Path] = DEFAULT_PYTHON_PATH

    @property
    def label(self) -> str:
        """The first column of the table."""
        return f"({self.key}) {self.title}" if self.key else f"    {self.title}"

    def laid_out(self, layout: Layout) -> Layout:
        """Give the layout of this variant's server, made from the one that all have in common."""
        changes = (*layout.changes, *self.changes)
        return replace(layout, changes=changes, hook=self.hook, python_path=self.python_path)


def _sql(file: Path) -> Change:
    def change(raddb: Path) -> None:
        edit(
            raddb / "mods-available/sql",
            (r'^\tdriver = "rlm_sql_null"', '\tdriver = "rlm_sql_sqlite"'),
            (r"^\t\tfilename = .*", f'\t\tfilename = "{file}"'),
            (r"^\t\tbootstrap = .*", ""),
        )
        enable(raddb, "mods", "sql")

    return change


def _redis(port: int) -> Change:
    def change(raddb: Path) -> None:
        edit(raddb / "mods-available/redis", (r"^\tport = .*", f"\tport = {port}"))
        enable(raddb, "mods", "redis")

    return change


def _listed() -> str:
    """Give what the site lists besides `radtune`, as it is shipped."""
    shipped = (PROJECT / "raddb/policy.d/radtune").read_text()
    site = (PROJECT / "raddb/sites-available/radtune").read_text()
    starts = [shipped.index(f"\n{name} {{") for name in dict.fromkeys(re.findall(r"^\s*(radtune_\w+)$", site, re.M))]
    return "".join(shipped[start : shipped.index("\n}\n", start) + 3] for start in starts)


def variants(sqlite_file: Path, redis_port: int) -> tuple[Variant, ...]:
    """Give all rows, in the order of the table."""

    def bare(raddb: Path) -> None:
        (raddb / "sites-available/radtune").write_text(BARE_SITE)

    def no_module(raddb: Path) -> None:
        (raddb / "mods-enabled/radtune").unlink()

    def policy(text: str) -> Change:
        return lambda raddb: _write(raddb / "policy.d/radtune", text + _listed())

    def without_python(raddb: Path) -> None:
        no_module(raddb)
        _write(raddb / "policy.d/radtune_hook", FIXED_HOOK)

    by_sql = LOOK_UP % "%{sql:SELECT compliance FROM devices WHERE mac = '%{User-Name}'}"
    by_redis = LOOK_UP % "%{redis:GET %{User-Name}}"
    return (
        Variant("a", "unlang, a fixed VLAN", (no_module, policy(FIXED))),
        Variant(
            "b",
            "rlm_sql with SQLite, and unlang",
            (no_module, _sql(sqlite_file), policy(by_sql + ELSEWHERE)),
            fixed=False,
        ),
        Variant(
            "c", "rlm_redis, and unlang", (no_module, _redis(redis_port), policy(by_redis + ELSEWHERE)), fixed=False
        ),
        Variant("d", "radtune", fixed=False),
        Variant("", "(a) in a site with nothing else in it", (no_module, bare, policy(FIXED))),
        Variant("", "(d), the module's answers fixed, in unlang", (without_python,)),
        Variant(
            "",
            "(d), the module's answers fixed, in Python",
            hook="bench.fixed_hook",
            python_path=(PROJECT / "tests",),
        ),
    )


def _write(file: Path, text: str) -> None:
    file.write_text(text)
