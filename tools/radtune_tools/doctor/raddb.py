"""The server's configuration as it is enabled: files that include one another, modules, policies, virtual servers."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from radtune.dataclass import dataclass
from radtune.errors import FaultyFileError, RadtuneError
from radtune.file_access import read_file
from radtune_tools.raddb_edit.config_tree import ENDINGS, INCLUDED_NAME, ConfigText, Item, NotUnderstoodError

WORD = "radtune"
_MOST_FILES = 2000
_VARIABLE = re.compile(r"\$\{([A-Za-z_]+)\}")


@dataclass(frozen=True, slots=True)
class Part:
    """A statement with the file in which it stands."""

    file: Path
    text: ConfigText
    item: Item

    def value(self, key: str) -> str:
        """Return what a key is set to in this section, '' if it isn't."""
        pairs = self.item.pairs(key)
        return self.text.value(pairs[0]) if pairs else ""


class Raddb:
    """The configuration in a directory.

    obscure: sentences on what could not be read or understood
    listening: the virtual servers that packets come to
    endings: the calls that may end the section in which they stand; a policy without what is behind its dot
    """

    def __init__(self, directory: Path) -> None:
        """Read radiusd.conf and all that it includes. Raises FaultyFileError and NotPermittedError for radiusd.conf."""
        self.directory = directory
        self.obscure: list[str] = []
        self._files = 0
        self._variables: dict[str, str] = {}
        main = directory / "radiusd.conf"
        text = self._text(main, read_file(main)[0])
        if text is None:
            raise FaultyFileError(main, "; ".join(self.obscure))
        for pair in (each for each in text.top.items if each.kind == "pair"):
            self._variables.setdefault(pair.name, text.value(pair))
        self._top = list(self._parts(main, text, text.top.items))
        self.modules = [each for part in self.sections(self._top, "modules") for each in self.inside(part)]
        inside = [each for part in self.sections(self._top, "policy") for each in self.inside(part)]
        self.policies = [each for each in inside if each.item.kind == "section"]
        self.servers = {
            part.item.words[1]: part for part in self._top if part.item.name == "server" and len(part.item.words) == 2
        }
        takers = [
            each.value("virtual_server") for kind in ("listen", "client") for each in self.sections(self._top, kind)
        ]
        self.listening = [
            server
            for name, server in self.servers.items()
            if name in takers or self.sections(self.inside(server), "listen")
        ]
        self._words = frozenset((WORD,))
        self._add_callers()
        self.endings = self._find_endings()

    def expanded(self, value: str, file: Path) -> Path | None:
        """Return the path that a value names, None if a variable in it isn't known; `file` is where it stands."""
        for _ in range(10):
            value = _VARIABLE.sub(lambda match: self._variables.get(match[1], match[0]), value)
        return None if "$" in value else file.parent / value

    def sections(self, parts: Iterable[Part], *words: str) -> list[Part]:
        """Return those of these parts that are sections and begin with these words, whatever their case."""
        wanted = [word.lower() for word in words]
        return [
            part
            for part in parts
            if part.item.kind == "section" and [word.lower() for word in part.item.words[: len(wanted)]] == wanted
        ]

    def inside(self, part: Part) -> list[Part]:
        """Return the statements directly inside of a section, those of files that it includes, too."""
        return list(self._parts(part.file, part.text, part.item.items))

    def calls(self, part: Part) -> list[str]:
        """Return the modules and policies that a section calls, at any depth, in their order.

        A call that is radtune's, or of a policy that calls radtune, is WORD. `ok = return` is a call, too.
        """
        found = []
        for each in self.inside(part):
            item, name = each.item, each.item.name.lstrip("-")
            if name in self._words:
                found.append(WORD)
            elif item.kind == "word":
                found.append(name)
            elif item.kind == "pair":
                found += [value for value in (each.text.value(item).lower(),) if value in ENDINGS]
            elif item.kind == "section" and name.lower() not in _TYPES:
                # `eap { ok = return }` calls eap; what stands in if, group and the like is called by itself.
                found += [name] if name not in _KEYWORDS else []
                found += self.calls(each) if name != "update" else []
        return found

    def _add_callers(self) -> None:
        """Add the names of policies that call radtune to the words that stand for it."""
        for _ in range(5):
            calling = (part.item.name.partition(".")[0] for part in self.policies if WORD in self.calls(part))
            self._words |= {name for name in calling if not name.startswith(f"{WORD}_")}

    def _find_endings(self) -> frozenset[str]:
        """Return return, modules `always` whose code is handled, and the policies that may come to one of them."""
        always = (each for each in self.modules if each.item.name == "always" and each.value("rcode") == "handled")
        endings = ENDINGS | {each.item.words[-1] for each in always}
        bodies = [
            (part.item.name.partition(".")[0], {call.partition(".")[0] for call in self.calls(part)})
            for part in self.policies
        ]
        while more := {name for name, calls in bodies if name not in endings and calls & endings}:
            endings |= more
        return endings

    def _parts(self, file: Path, text: ConfigText, items: Iterable[Item]) -> Iterator[Part]:
        for item in items:
            if item.kind != "include":
                yield Part(file, text, item)
                continue
            for path in self._included(file, text.line(item.start), item.words):
                content = self._content(path)
                inner = None if content is None else self._text(path, content)
                if inner is not None:
                    yield from self._parts(path, inner, inner.top.items)

    def _included(self, file: Path, line: int, words: tuple[str, ...]) -> list[Path]:
        path = self.expanded(words[1], file)
        if path is None:
            self.obscure.append(f"what {file}:{line} includes: what {words[1]} stands for")
            return []
        try:
            if path.is_dir():
                return [
                    each for each in sorted(path.iterdir()) if INCLUDED_NAME.fullmatch(each.name) and each.is_file()
                ]
        except PermissionError:
            self.obscure.append(f"what is in {path}: this user may not look into it; run as root")
            return []
        return [] if words[0].startswith("$-") and not path.exists() else [path]

    def _content(self, file: Path) -> bytes | None:
        self._files += 1
        if self._files > _MOST_FILES:
            self.obscure.append(f"what is in {file}: more files include one another than doctor reads")
            return None
        try:
            return read_file(file)[0]
        except (RadtuneError, OSError) as error:
            self.obscure.append(str(error))
            return None

    def _text(self, file: Path, content: bytes) -> ConfigText | None:
        try:
            return ConfigText(content.decode("latin-1"))
        except NotUnderstoodError as error:
            self.obscure.append(f"what {file} says: doctor doesn't know, at line {error.line}, {error.why}")
            return None


_KEYWORDS = frozenset(("if", "elsif", "else", "group", "redundant", "load-balance", "redundant-load-balance", "case"))
_KEYWORDS |= {"switch", "foreach", "update", "policy"}
_TYPES = frozenset(("post-auth-type", "auth-type", "autz-type", "acct-type"))
