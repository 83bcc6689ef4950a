"""The files that radtune installs, as they will be on this system."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from installer.answers import Answers

UNITS = (
    *(f"radtune-{name}.{kind}" for name in ("sync", "changes") for kind in ("service", "timer")),
    "radtune-push.service",
    "radtune-web.service",
)
_SETTINGS = "/mods-config/radtune"
"""The place of settings and policy in the checkout's raddb."""
_CODE = (".py", ".json", ".yaml", ".html", ".css", ".js", ".svg")
_MONITORING = ("monitoring/radtune.rules.yml", "monitoring/radtune-dashboard.json")


@dataclass(frozen=True, slots=True)
class File:
    """A file to be installed. `is_code`: an operator's change of it is set aside, not kept in its place."""

    content: bytes
    mode: int
    is_code: bool

    @property
    def checksum(self) -> str:
        """The content's SHA-256 in hexadecimal."""
        return sha256(self.content).hexdigest()


def files(source: Path, answers: Answers) -> dict[str, File]:
    """Return every file of the checkout `source` that is installed, by its path on the finished system."""
    found: dict[str, File] = {}

    def add(file: Path, target: str, mode: int, *, is_code: bool) -> None:
        found[target] = File(answers.render(file.read_text(encoding="utf-8")).encode(), mode, is_code)

    for parent, package in (("module", "radtune"), ("tools", "radtune_tools"), ("tools", "radtune_web")):
        for file in _tree(source / parent / package):
            if file.suffix in _CODE:
                add(file, f"{answers.lib}/{file.relative_to(source / parent)}", 0o644, is_code=True)
    for name in ("cron.d/radtune", *(f"systemd/{unit}" for unit in UNITS), *_MONITORING):
        add(source / "tools" / name, f"{answers.lib}/{name}", 0o644, is_code=True)
    for name in ("radtune", "radtune-web"):
        add(source / "tools" / name, f"{answers.prefix}/bin/{name}", 0o755, is_code=True)
    add(source / "tools/logrotate.d/radtune", "/etc/logrotate.d/radtune", 0o644, is_code=False)
    for file in _tree(source / "raddb"):
        path = f"/{file.relative_to(source / 'raddb')}"
        is_settings = file.suffix == ".yaml"
        target = path.replace(_SETTINGS, answers.confdir) if is_settings else f"{answers.raddb}{path}"
        add(file, target, 0o640, is_code=False)
    return found


def _tree(directory: Path) -> Iterator[Path]:
    return (file for file in sorted(directory.rglob("*")) if file.is_file() and "__pycache__" not in file.parts)


def switched_on(path: str, answers: Answers) -> str:
    """Return the path of the copy or link that switches the file at `path` on; '' if there is none."""
    for available, enabled in (
        (f"{answers.lib}/cron.d/", "/etc/cron.d/"),
        (f"{answers.lib}/systemd/", "/etc/systemd/system/"),
        (f"{answers.raddb}/mods-available/", f"{answers.raddb}/mods-enabled/"),
        (f"{answers.raddb}/sites-available/", f"{answers.raddb}/sites-enabled/"),
    ):
        if path.startswith(available):
            return path.replace(available, enabled, 1)
    return ""
