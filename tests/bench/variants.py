"""What the compared servers do with a login: sites in unlang that stand in for radtune's own.

All have the same configuration and the same complete site, sites-available/radtune. What the word `radtune` means in
that site is defined in policy.d/radtune; there they differ, so that a server differs from another by that alone.
"""

import re
from pathlib import Path

from parts.raddb import Change, edit, enable
from parts.readable import PROJECT

FIXED_VLAN = "750"
EVENTS = "events.jsonl"


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
BY_SQL = "%{sql:SELECT compliance FROM devices WHERE mac = '%{User-Name}'}"
NOTHING_MORE = """\
radtune.post-auth {
	noop
}
radtune.accounting {
	ok
}
"""
# As the look-up is called: the module itself, listed in a section, takes a fifth longer for the same query.
RECORD = """\
radtune.post-auth {
	update control {
		&Tmp-Integer-0 := "%{sql:INSERT INTO sessions VALUES ('%{User-Name}', '%{NAS-IP-Address}', \
'%{Acct-Session-Id}', '%{NAS-Port}', '%{User-Name}', '%{control:Tmp-String-0}', \
'%{reply:Tunnel-Private-Group-Id}', '', %l, %l) ON CONFLICT (mac, nas) DO UPDATE \
SET session = excluded.session, port = excluded.port, \
compliance = excluded.compliance, vlan = excluded.vlan, seen = excluded.seen}"
	}
	if (&control:Tmp-Integer-0 != 1) {
		reject
	}
	bench_events
}
radtune.accounting {
	update control {
		&Tmp-Integer-0 := "%{sql:UPDATE sessions SET seen = %l, address = '%{Framed-IP-Address}' \
WHERE mac = '%{User-Name}' AND nas = '%{NAS-IP-Address}'}"
	}
	if (&control:Tmp-Integer-0 != 1) {
		reject
	}
	ok
}
"""
LINELOG = """\
linelog bench_events {
	filename = "%s"
	permissions = 0640
	format = '{"time":"%%S","event":"login_allowed","mac":"%%{User-Name}","user":"%%{User-Name}","auth_type":"mab",\\
"compliance":"%%{control:Tmp-String-0}","vlan":"%%{reply:Tunnel-Private-Group-Id}","nas":"%%{NAS-IP-Address}",\\
"port":"%%{NAS-Port}","session":"%%{Acct-Session-Id}","rule":"by SQL"}'
}
"""
# For EAP, in all three virtual servers: no more than a VLAN at the end.
FIXED_EAP = f"""\
radtune.authorize {{
	if (&outer.request && (&outer.request:EAP-Type == TLS)) {{
{ACCEPT}
	}}
}}
radtune.post-auth {{
	if (!&outer.request && ("%{{reply:Packet-Type}}" == "Access-Accept")) {{
{_reply(FIXED_VLAN)}
	}}
}}
radtune.accounting {{
	ok
}}
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


def sql(file: Path, *, records: bool) -> tuple[Change, ...]:
    """Look the client up by rlm_sql; with `records`, write its session by rlm_sql and its event by linelog, too."""

    def change(raddb: Path) -> None:
        edit(
            raddb / "mods-available/sql",
            (r'^\tdriver = "rlm_sql_null"', '\tdriver = "rlm_sql_sqlite"'),
            (r"^\t\tfilename = .*", f'\t\tfilename = "{file}"'),
            (r"^\t\tbusy_timeout = .*", "\t\tbusy_timeout = 10000"),
            (r"^\t\tbootstrap = .*", ""),
            (r"^\t\$INCLUDE .*queries.conf", '\topen_query = "PRAGMA synchronous = NORMAL"'),
        )
        enable(raddb, "mods", "sql")
        (raddb / "mods-enabled/bench_events").write_text(LINELOG % file.with_name(EVENTS))
        _policy(raddb, LOOK_UP % BY_SQL + (RECORD if records else NOTHING_MORE))

    return no_module, change


def no_module(raddb: Path) -> None:
    """Leave Python out of the server."""
    (raddb / "mods-enabled/radtune").unlink()


def fixed_hook(raddb: Path) -> None:
    """Give the module's answers in unlang, always the same."""
    (raddb / "policy.d/radtune_hook").write_text(FIXED_HOOK)


def fixed_eap(raddb: Path) -> None:
    """Give each login a fixed VLAN, and nothing else."""
    _policy(raddb, FIXED_EAP)


def no_detail(raddb: Path) -> None:
    """Write no accounting packets into files, which costs the same whoever keeps the sessions."""
    edit(raddb / "sites-available/radtune", (r"^\tdetail$", ""))


def log_no_logins(raddb: Path) -> None:
    """Turn the log of logins off, as it is in Debian's own configuration."""
    edit(raddb / "radiusd.conf", (r"^\tauth = yes", "\tauth = no"))


def _policy(raddb: Path, text: str) -> None:
    """Define the word `radtune`, and leave what the site lists besides as it is shipped."""
    shipped = (PROJECT / "raddb/mods-config/radtune/unlang").read_text()
    site = (PROJECT / "raddb/sites-available/radtune").read_text()
    starts = [shipped.index(f"\n{name} {{") for name in dict.fromkeys(re.findall(r"^\s*(radtune_\w+)$", site, re.M))]
    listed = "".join(shipped[start : shipped.index("\n}\n", start) + 3] for start in starts)
    (raddb / "policy.d/radtune").write_text(text + listed)
