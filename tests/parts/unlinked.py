"""An office whose settings have no tenant yet."""

import os
import pwd
from collections.abc import Sequence
from pathlib import Path

import yaml

from parts.office import TENANT, Office
from parts.raddb import USER

HEADER = "# Berlin's, ours since 2019\n"


def unlinked(office: Office) -> None:
    """Write settings without a tenant, as root's file that the server's user can read."""
    keys = f"store: {office.store}\nevents: {office.events_file}\npolicy: policy.yaml\n"
    office.settings_file.write_text(f"{HEADER}{keys}sync: {{keep_missing: 0s}}  # at once\n")
    office.settings_file.chmod(0o640)
    if os.geteuid() == 0:
        group = pwd.getpwnam(USER).pw_gid
        for path in (office.settings_file, office.settings_file.parent):
            os.chown(path, 0, group)
        office.settings_file.parent.chmod(0o750)


def unchanged(office: Office, files: Sequence[str] = ("intune-secret", "policy.yaml", "settings.yaml")) -> bool:
    """Tell whether no tenant is in the settings, and no other file there than before."""
    there = sorted(path.name for path in office.settings_file.parent.rglob("*") if path.name != "settings.d")
    return there == sorted(files) and "intune" not in yaml.safe_load(office.settings_file.read_text())


def linked(office: Office) -> Path:
    """Return the file that `link` has written."""
    return office.settings_file.parent / f"settings.d/intune-{TENANT}.yaml"
