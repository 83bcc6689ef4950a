"""What switches radtune on in the server: its module, policies, dictionary, and the module utf8."""

import re
from collections.abc import Iterator
from pathlib import Path

from radtune.file_access import is_missing, read_file
from radtune_tools.doctor.raddb import WORD, Part, Raddb
from radtune_tools.doctor.report import Check, Private, one_of

UNLANG = "mods-config/radtune/unlang"
FILES = ("mods-available/radtune", "policy.d/radtune", UNLANG, "mods-config/radtune/dictionary")
HOOK = "radtune.server.hook"
_INCLUDED = re.compile(r"^[ \t]*(?:\$INCLUDE[ \t]+\S*radtune/dictionary\b|ATTRIBUTE[ \t]+Radtune-)", re.MULTILINE)


def python_path(raddb: Raddb) -> list[str]:
    """Return the directories in which the server's Python looks for radtune."""
    return [each for module in _modules(raddb) for each in module.value("python_path").split(":") if each]


def _modules(raddb: Raddb) -> Iterator[Part]:
    """Yield the instances of python3 that load radtune; their hook may be another one than the usual."""
    for module in raddb.sections(raddb.modules, "python3"):
        if module.value("module") == HOOK or module.item.words[1:] == ("radtune_hook",):
            yield module


def check_module(found: Check, raddb: Raddb, settings: Path) -> None:
    """Note what is missing in the server's configuration; `settings` is the command's file."""
    where = Private("path", str(raddb.directory))
    modules = list(_modules(raddb))
    if not modules:
        found.find_missing("module_disabled", raddb.obscure, raddb=where)
    for module in modules:
        _check_settings(found, raddb, module, settings)
    for name in FILES:
        if is_missing(raddb.directory / name):
            found.find("raddb_files", file=Private("path", str(raddb.directory / name)), name=one_of(name, FILES))
    definitions = [each.file for each in raddb.policies if each.item.name == f"{WORD}.post-auth"]
    for file in definitions if len(definitions) > 1 else ():
        if file.resolve() != (raddb.directory / UNLANG).resolve():
            found.find("policy_twice", file=Private("path", str(file)))
    if not raddb.sections(raddb.modules, "utf8"):
        found.find_missing("utf8", raddb.obscure, raddb=where)
    dictionary = raddb.directory / "dictionary"
    found.fact("modules", len(modules))
    found.said = "radtune is enabled" if modules else "radtune isn't enabled"
    if not _INCLUDED.search(read_file(dictionary)[0].decode("latin-1")):
        found.find("dictionary", file=Private("path", str(dictionary)))


def _check_settings(found: Check, raddb: Raddb, module: Part, settings: Path) -> None:
    for config in raddb.sections(raddb.inside(module), "config"):
        path = raddb.expanded(config.value("settings"), module.file)
        if path is None or (path.resolve() == settings.resolve()):
            continue
        found.find(
            "module_settings",
            file=Private("path", str(module.file)),
            theirs=Private("path", str(path)),
            ours=Private("path", str(settings)),
        )
