"""Each finding about owner and mode of a file."""

import os
import pwd
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from radtune.installation import USER
from radtune_tools.doctor.files import check_files
from radtune_tools.doctor.paths import DEFAULTS
from radtune_tools.doctor.report import Check
from unit.tools.doctor.examined import only, run, unknown

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to others")
NOBODY = "nobody"


@pytest.fixture
def place(open_directory: Path) -> Path:
    """Return a directory with an installation in which all is well."""
    for name in (
        "bin",
        "lib/radtune",
        "raddb/mods-config/radtune",
        "raddb/policy.d",
        "etc/settings.d",
        "store/devices",
    ):
        (open_directory / name).mkdir(parents=True)
    put(open_directory / "lib/radtune/judge.py", 0o644, "root:root")
    for name in ("settings.yaml", "policy.yaml", "intune-secret", "coa-switches"):
        put(open_directory / "etc" / name, 0o640)
    for name in ("store", "store/devices"):
        give(open_directory / name, f"{USER}:{USER}")
    put(open_directory / "store/devices/cache.db", 0o644, f"{USER}:{USER}")
    put(open_directory / "events.jsonl", 0o640, f"{USER}:{USER}")
    for name in ("store", "etc", "etc/settings.d"):
        (open_directory / name).chmod(0o750)
    for name in ("etc", "etc/settings.d"):
        give(open_directory / name, f"root:{USER}")
    (open_directory / "store/devices").chmod(0o700)
    return open_directory


def give(path: Path, owner: str) -> None:
    user, group = (pwd.getpwnam(name) for name in owner.split(":"))
    os.chown(path, user.pw_uid, group.pw_gid)


def put(path: Path, mode: int, owner: str = f"root:{USER}") -> None:
    path.touch()
    path.chmod(mode)
    give(path, owner)


def look(place: Path, settings: Any = None, *keys: Path) -> Check:
    names = {"settings": "etc", "events": "events.jsonl"}
    places = {word: str(place / names.get(word, word)) for word in DEFAULTS}
    return run(check_files, places, cast(Any, settings), keys)


def test_nothing_is_found_where_all_is_well(place: Path) -> None:
    check = look(place)
    only(check)
    assert int(check.said.split()[0]) > 8


def test_a_secret_that_every_user_may_read(place: Path) -> None:
    (place / "etc/intune-secret").chmod(0o644)
    only(look(place))
    for name in ("etc", "etc/settings.d"):
        (place / name).chmod(0o755)
    check = look(place)
    assert only(check, "path_open") == f"{place}/etc/intune-secret: mode 0644 lets every user in"
    assert check.findings[0].mend == f"chmod o-rwx {place}/etc/intune-secret"


def test_files_that_settings_or_eap_name(place: Path) -> None:
    for name in ("one", "two", "three", "four", "five"):
        put(place / name, 0o644)
    tenants = (SimpleNamespace(client_secret_file=place / "one", private_key_file=None),)
    push = (SimpleNamespace(url_file=place / "four"),)
    web = SimpleNamespace(password_file=place / "five", proxy_secret_file=None)
    nas = (SimpleNamespace(secret_file=place / "two"),)
    check = look(place, SimpleNamespace(tenants=tenants, nas=nas, push=push, web=web), place / "three")
    only(check, *["path_open"] * 5)
    assert "the server's private key" in check.findings[-1].why


@pytest.mark.parametrize(
    ("name", "mode", "owner", "who"),
    [
        ("lib/radtune/judge.py", 0o646, "root:root", "every user"),
        ("lib/radtune/judge.py", 0o644, f"{NOBODY}:root", NOBODY),
        ("lib/radtune/judge.py", 0o644, f"{USER}:root", USER),
        ("lib/radtune/judge.py", 0o664, f"root:{USER}", USER),
        ("etc/settings.yaml", 0o664, "root:www-data", "www-data"),
    ],
)
def test_what_others_can_change(place: Path, name: str, mode: int, owner: str, who: str) -> None:
    put(place / name, mode, owner)
    assert f"{place}/{name}: {who} can change it" in only(look(place), "path_writable")


def test_the_server_s_user_may_own_its_configuration(place: Path) -> None:
    put(place / "etc/settings.yaml", 0o640, f"{USER}:{USER}")
    only(look(place))


def test_a_store_that_root_has_made(place: Path) -> None:
    give(place / "store/devices/cache.db", "root:root")
    assert only(look(place), "path_owner") == f"{place}/store/devices/cache.db belongs to root:root, not to {USER}"


def test_what_the_server_can_not_read(place: Path) -> None:
    put(place / "etc/settings.yaml", 0o600)
    check = look(place)
    assert f"{place}/etc/settings.yaml: {USER}, the server's user, may not read it" in only(check, "path_unreadable")
    assert check.findings[0].mend == f"chgrp {USER} {place}/etc/settings.yaml; chmod g+r {place}/etc/settings.yaml"


def test_a_way_that_is_closed_to_the_server(place: Path) -> None:
    place.chmod(0o700)
    check = look(place)
    assert f"{place}: {USER}, the server's user, may not read it" in only(check, "path_unreadable")


def test_another_user_does_not_know(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, closed = os.access, place / "etc"

    def access(path: Path, mode: int, **named: bool) -> bool:
        return real(path, mode, **named) and not (path == closed and mode & os.X_OK)

    monkeypatch.setattr(os, "access", access)
    put(place / "etc/settings.yaml", 0o666)
    assert unknown(look(place)) == (
        f"owner and mode of what is in {place}/etc: this user may not look into it; run as root"
    )
