"""A file of FreeRADIUS's configuration as a tree of places in its text, so that an edit touches nothing else.

The text is the file's bytes, each as one character (latin-1). Comments, blanks and quotes stay where they are. What
this parser doesn't know for sure it refuses: a wrong reading would put a line where the server reads something else.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

from radtune.dataclass import dataclass, field

INCLUDED_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*")
"""The names of the files that the server reads in a directory that is included; it passes over all others."""
ENDINGS = frozenset(("return", "handled"))
"""The word return; the stock module handled, whose code ends every section; and `ok = return` behind a module."""
_BLANK = re.compile(r"(?:[ \t\r\n\f\v,;]|\\\r?\n)+")
_COMMENT = re.compile(r"#[^\n]*")
_CONTINUED = re.compile(r"\\\r?\n")
_SPACE = re.compile(r"(?:[ \t]|\\\r?\n)*")
_QUOTED = re.compile(r"""\"(?:[^"\\\n]|\\\r?\n|\\.)*\"|'(?:[^'\\\n]|\\\r?\n|\\.)*'|`(?:[^`\\\n]|\\\r?\n|\\.)*`""")
_OPERATOR = re.compile(r"[:+^-]=|=[=~*]|![=~*]|[<>]=|[=<>]")
_INCLUDE = re.compile(r"\$-?INCLUDE(?=[ \t])", re.IGNORECASE)
_TEMPLATE = re.compile(r"\$template(?=[ \t])")
_CONDITION = re.compile(r"(?:if|elsif)(?=[ \t(])")
_REGEX = re.compile(r"[=!]~[ \t]*/((?:[^/\\\n]|\\.)*)/")
_ENDS_WORD = frozenset(" \t\r\n\f\v{}#=\"'`,;()<>!")
_MAX_DEPTH = 40


class NotUnderstoodError(Exception):
    """A part of a file that radtune doesn't edit; `line` counts from 1."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.line = line
        self.why = why


@dataclass(slots=True, eq=False)
class Item:
    """A statement from `start` to `end` (behind its last character).

    kind: section, pair (key and value), word (a module or policy that is called), include, template, or other
    words: what it begins with, as written, without quotes: server default; Post-Auth-Type REJECT; eap
    value: the place of a pair's value, quotes included
    body: the place of what stands between the braces of a section
    """

    kind: str
    start: int
    end: int = 0
    words: tuple[str, ...] = ()
    value: tuple[int, int] = (0, 0)
    body: tuple[int, int] = (0, 0)
    items: "list[Item]" = field(default_factory=list)

    @property
    def name(self) -> str:
        """The first word."""
        return self.words[0] if self.words else ""

    def sections(self, *words: str) -> "list[Item]":
        """Return the sections directly inside that have these words, whatever their case."""
        wanted = [word.lower() for word in words]
        return [each for each in self.items if each.kind == "section" and [w.lower() for w in each.words] == wanted]

    def pairs(self, key: str) -> "list[Item]":
        """Return the assignments to this key directly inside."""
        return [each for each in self.items if each.kind == "pair" and each.name == key]

    def everything(self) -> "Iterator[Item]":
        """Yield every statement inside, at any depth."""
        for each in self.items:
            yield each
            yield from each.everything()


class ConfigText:
    """The text of a file, and `top`: a section without braces that holds its statements."""

    def __init__(self, text: str) -> None:
        """Raises NotUnderstoodError."""
        self.text = text
        lines = text.split("\n")
        self._starts = [0, *accumulate(len(line) + 1 for line in lines[:-1])]
        self._continued = _continued(lines)
        self.top = Item("section", 0, len(text), body=(0, len(text)))
        position = self._statements(self.top, 0, 0)
        if position < len(text):
            raise NotUnderstoodError(self.line(position), "a closing brace without an opening one")

    def line(self, position: int) -> int:
        """Return the number of the line in which a place of the text is."""
        return bisect_right(self._starts, position)

    def value(self, pair: Item) -> str:
        """Return a pair's value without its quotes."""
        word = self.text[slice(*pair.value)]
        return word[1:-1] if word[:1] in ("'", '"') and len(word) > 1 else word

    def _statements(self, parent: Item, position: int, depth: int) -> int:
        """Read statements up to the brace that closes `parent`, or to the end; return the place of that."""
        if depth > _MAX_DEPTH:
            raise NotUnderstoodError(self.line(position), "sections inside of too many others")
        while True:
            position = self._gap(position)
            if position >= len(self.text) or self.text[position] == "}":
                return position
            item = self._statement(position, depth)
            parent.items.append(item)
            position = item.end

    def _gap(self, position: int) -> int:
        """Return the place behind blanks and comments."""
        while match := (_BLANK.match(self.text, position) or _COMMENT.match(self.text, position)):
            if match[0].startswith("#") and match[0].rstrip("\r").endswith("\\") and not self.begins_line(position):
                raise NotUnderstoodError(
                    self.line(position), "a comment behind a statement that goes on in the next line"
                )
            position = match.end()
        return position

    def begins_line(self, position: int) -> bool:
        """Tell whether a line begins here: nothing stands before it, and the line continues no other."""
        number = self.line(position)
        return not self.text[self._starts[number - 1] : position].strip() and number not in self._continued

    def _statement(self, position: int, depth: int) -> Item:
        if match := _INCLUDE.match(self.text, position) or _TEMPLATE.match(self.text, position):
            kind = "include" if _INCLUDE.match(match[0] + " ") else "template"
            word, end = self._word(_SPACE.match(self.text, match.end()).end())  # type: ignore[union-attr]
            return Item(kind, position, end, (match[0], word))
        if _CONDITION.match(self.text, position):
            return self._condition(position, depth)
        words, at = [], position
        while True:
            word, at = self._word(at)
            words.append(word)
            end, at = at, _SPACE.match(self.text, at).end()  # type: ignore[union-attr]
            if at >= len(self.text) or self.text[at] in "\r\n#},;":
                kind = "word" if len(words) == 1 else "other"
                if kind == "other" and not words[0].startswith(("%{", "`")):
                    raise NotUnderstoodError(self.line(position), f"words that are no statement: {' '.join(words)}")
                return Item(kind, position, end, tuple(words))
            if self.text[at] == "{":
                return self._section(position, at, tuple(words), depth)
            if match := _OPERATOR.match(self.text, at):
                return self._pair(position, match.end(), tuple(words))

    def _pair(self, position: int, behind: int, words: tuple[str, ...]) -> Item:
        if len(words) > 1:
            raise NotUnderstoodError(self.line(position), f"an assignment to several words: {' '.join(words)}")
        start = _SPACE.match(self.text, behind).end()  # type: ignore[union-attr]
        if self.text[start : start + 1] in ("", "\r", "\n", "#"):
            return Item("pair", position, behind, words, (behind, behind))
        _, end = self._word(start, is_value=True)
        return Item("pair", position, end, words, (start, end))

    def _section(self, position: int, brace: int, words: tuple[str, ...], depth: int) -> Item:
        item = Item("section", position, words=words)
        end = self._statements(item, brace + 1, depth + 1)
        if end >= len(self.text):
            raise NotUnderstoodError(self.line(position), f"{' '.join(words)} {{ is never closed")
        item.body, item.end = (brace + 1, end), end + 1
        return item

    def _condition(self, position: int, depth: int) -> Item:
        """Read `if (...) {`; braces in a text, a pattern or an expansion don't open its section."""
        at = position
        while at < len(self.text) and self.text[at] != "{":
            if match := _REGEX.match(self.text, at) or _CONTINUED.match(self.text, at):
                at = match.end()
            elif self.text[at] in "\"'`":
                at = self._quoted(at)
            elif self.text.startswith(("%{", "${"), at):
                at = self._expansion(at)
            elif self.text[at] in "\n#}":
                break
            else:
                at += 1
        if self.text[at : at + 1] != "{":
            raise NotUnderstoodError(self.line(position), "a condition that doesn't end in { on its line")
        words = self.text[position:at].split(None, 1)
        return self._section(position, at, (re.split(r"[\s(]", words[0])[0],), depth)

    def _word(self, position: int, *, is_value: bool = False) -> tuple[str, int]:
        """Return a word without its quotes, and the place behind it; a value ends at a blank or a comma."""
        at, ends = position, _ENDS_VALUE if is_value else _ENDS_WORD
        if self.text[at : at + 1] in ("'", '"', "`"):
            at = self._quoted(at)
            return self.text[position:at] if self.text[position] == "`" else self.text[position + 1 : at - 1], at
        while at < len(self.text):
            if self.text.startswith(("%{", "${"), at):
                at = self._expansion(at)
            elif self.text[at] in ends or (not is_value and _OPERATOR.match(self.text, at)):
                break
            elif match := _CONTINUED.match(self.text, at):
                if self.text[match.end() : match.end() + 1].strip():
                    raise NotUnderstoodError(self.line(at), "a word that goes on in the next line")
                break
            else:
                at += 1
        if at == position or (is_value and self.text[at : at + 1] in ("{", "}") and self.text[at - 1] not in " \t"):
            raise NotUnderstoodError(self.line(position), f"{self.text[at : at + 10]!r} where a word is expected")
        return self.text[position:at], at

    def _quoted(self, position: int) -> int:
        match = _QUOTED.match(self.text, position)
        if match is None:
            raise NotUnderstoodError(self.line(position), "a quote that isn't closed on its line")
        return match.end()

    def _expansion(self, position: int) -> int:
        """Return the place behind %{...} or ${...}, which may hold others."""
        depth, at = 0, position + 1
        while at < len(self.text) and self.text[at] != "\n":
            if self.text[at] == "\\":
                at += 1
            depth += {"{": 1, "}": -1}.get(self.text[at : at + 1], 0)
            at += 1
            if not depth:
                return at
        raise NotUnderstoodError(self.line(position), "an expansion that isn't closed on its line")


_ENDS_VALUE = frozenset(" \t\r\n\f\v{},;")


def _continued(lines: Sequence[str]) -> frozenset[int]:
    """Return the numbers of the lines that continue the one before; a comment isn't continued."""
    found, inside = set(), False
    for number, line in enumerate(lines, 1):
        if inside:
            found.add(number)
        inside = line.rstrip("\r").endswith("\\") and (inside or not line.lstrip().startswith("#"))
    return frozenset(found)
