"""The messages of YAML's reader in words that say what to do. They repeat nothing that the file holds."""

_TAB = "a tab; indent with spaces"
_WORDS = (
    ("tab character", _TAB),
    ("mapping values are not", "a colon that can't stand here; quote a value with a colon, or mend the indentation"),
    ("expected ':'", "a key without a colon; write `key: value`"),
    ("unexpected end of stream", "a quote that isn't closed begins here"),
    ("unexpected document", "a quote that isn't closed begins here"),
    ("expected ',' or", "a bracket that isn't closed, or a comma that is missing"),
    ("expected '-' indicator", "the indentation doesn't fit the list above"),
    ("expected key", "the indentation doesn't fit the lines above, or a quote isn't closed"),
    ("<block end>", "the indentation doesn't fit the lines above, or a quote isn't closed"),
    ("sequence entries are not", "a list item that can't stand here; begin a new line with it"),
    ("mapping keys are not", "a ? that can't stand here; quote it"),
    ("comment or line break", "text behind | or >; begin it on the next line"),
    ("undefined alias", "an alias (*) of nothing; quote it if it is text"),
    ("alphabetic or numeric", "a value that begins with * or &; quote it if it is text"),
    ("constructor for the tag", "a tag (!), which none of these files has; quote it if it is text"),
    ("undefined tag handle", "a tag (!), which none of these files has; quote it if it is text"),
    ("unknown escape", "a backslash in double quotes; use single quotes"),
    ("another document", "a second document (---); the file holds one"),
    ("document start", "a line behind the end of the document (...); the file holds one"),
    ("incompatible YAML", "a line that begins with %; remove it"),
    ("directive", "a line that begins with %; quote it if it is text"),
    ("non-alphabetical", "a line that begins with %; quote it if it is text"),
    ("unhashable", "a key that is a list or has keys of its own; a key is text"),
    ("escape code", "a backslash with a number that is no character; use single quotes"),
    ("for merging", "<< takes keys with values"),
)


def explain(text: str, problem: str, line: int, column: int) -> str:
    """Return the words for a `problem` of YAML's reader at this place of the text; line and column count from 0."""
    lines = text.splitlines()
    here = lines[line] if line < len(lines) else ""
    indentation = here[: len(here) - len(here.lstrip())]
    if "\t" in indentation:
        return f"column {indentation.index(chr(9)) + 1}: {_TAB}"
    said = next((words for sign, words in _WORDS if sign in problem), "")
    if not said and "start any token" in problem:
        first = here[column : column + 1]
        said = _TAB if first == "\t" else f"a value can't begin with {first}; quote it"
    return f"column {column + 1}: {said or problem.partition(' but found')[0]}"


def not_utf8(content: bytes, at: int) -> str:
    """Return what is wrong with a file whose byte at this place isn't UTF-8."""
    if b"\0" in content:
        return "is no text; is it the right file? If it is UTF-16, save it as UTF-8"
    return f"byte {content[at]:#04x} isn't UTF-8; save the file as UTF-8"
