"""Write the man pages, and bash's completions, of the commands: `python3 man_pages.py PAGES COMPLETIONS`.

They are made of what `--help` says, and are put into these two directories. `make deb` packages them.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click
from click.shell_completion import BashComplete

from radtune import __version__
from radtune.installation import DEFAULT_SETTINGS
from radtune_tools.cli.group import Group
from radtune_tools.cli.root import cli
from radtune_web.main import command

_COMMANDS = {"radtune": cli, "radtune-web": command}
_MARK = "\b\n"
"""click's mark of a paragraph whose lines stay as they are."""


def main(pages: Path, completions: Path) -> None:
    """Write a page for each command and each of its words, and a completion for each command."""
    for top, program in _COMMANDS.items():
        for path, context in _contexts(program, click.Context(program, info_name=top, **program.context_settings)):
            name = "-".join([top, *path])
            text = "".join(f"{line}\n" for line in _page(name, context))
            (pages / f"{name}.1").write_text(text, encoding="utf-8")
        variable = f"_{top}_complete".replace("-", "_").upper()
        (completions / top).write_text(BashComplete(program, {}, top, variable).source(), encoding="utf-8")


def _contexts(
    program: click.Command, context: click.Context, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Context]]:
    yield path, context
    if isinstance(program, click.Group):
        for word in program.list_commands(context):
            inner = program.get_command(context, word)
            if inner is not None:
                yield from _contexts(inner, click.Context(inner, info_name=word, parent=context), (*path, word))


def _page(name: str, context: click.Context) -> Iterator[str]:
    program = context.command
    paragraphs = _paragraphs(program.help or "")
    yield f'.TH {_text(name).upper()} 1 "" "radtune {__version__}" "radtune"'
    yield from (".SH NAME", f"{_text(name)} \\- {_text(paragraphs[0].rstrip('.'))}")
    yield from (".SH SYNOPSIS", f".B {_text(context.command_path)}")
    yield from (_text(piece) for piece in program.collect_usage_pieces(context))
    yield ".SH DESCRIPTION"
    yield from _body(paragraphs)
    yield ".SH OPTIONS"
    for option in program.get_params(context):
        if record := option.get_help_record(context):
            yield from (".TP", f".B {_text(record[0])}", _text(" ".join(record[1].split())))
    if isinstance(program, Group):
        yield ".SH COMMANDS"
        for word in program.list_commands(context):
            yield from (".TP", f".BR {_text(f'{name}-{word}')} (1)", _text(program.helps[word]))
    if program.epilog:
        yield ".SH EXIT STATUS"
        yield from _body(_paragraphs(program.epilog))
    if context.parent is None:
        yield from (".SH FILES", ".TP", f".I {_text(str(DEFAULT_SETTINGS))}", "The settings.")
        yield from (".TP", ".I /usr/share/doc/radtune/docs/README.md", "The manual.")
    else:
        yield from (".SH SEE ALSO", ".BR radtune (1)")


def _paragraphs(text: str) -> list[str]:
    return re.split(r"\n{2,}", text.strip("\n"))


def _body(paragraphs: list[str]) -> Iterator[str]:
    for paragraph in paragraphs:
        yield ".PP"
        if paragraph.startswith(_MARK):
            yield from (".nf", *map(_text, paragraph.removeprefix(_MARK).splitlines()), ".fi")
        else:
            yield _text(" ".join(paragraph.split()))


def _text(text: str) -> str:
    """Return text as troff prints it."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("|", "|\\:")  # a line may end behind a |
    return f"\\&{text}" if text.startswith((".", "'")) else text


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
