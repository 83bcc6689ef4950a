"""Questions to a person at the terminal, on standard error: the answer may be JSON."""

import sys
from collections.abc import Callable

import click

from radtune.errors import UsageError


def at_terminal() -> bool:
    """Tell whether there is a person to ask."""
    return sys.stdin.isatty()


def ask(what: str, instead: str, valid: Callable[[str], str] = lambda text: text, *, empty: bool = False) -> str:
    """Return a person's answer, as `valid` returns it; if that raises ValueError, say so and ask again.

    Raises UsageError without a terminal; `instead` is the option to give then.
    """
    _need_terminal(instead)

    def check(text: str) -> str:
        try:
            return valid(text.strip()) if text.strip() else ""
        except ValueError as error:
            raise click.BadParameter(str(error)) from error

    while True:
        answer: str = click.prompt(what, default="", show_default=False, value_proc=check, err=True)
        if answer or empty:
            return answer


def ask_secret(what: str, instead: str) -> str:
    """Return a person's answer, typed unseen; raises UsageError without a terminal."""
    _need_terminal(instead)
    while True:
        answer: str = click.prompt(f"{what} (not shown)", hide_input=True, err=True)
        if answer.strip():
            return answer.strip()


def agreed(question: str, instead: str, *, default: bool = False) -> bool:
    """Tell whether a person says yes; raises UsageError without a terminal."""
    _need_terminal(instead)
    return click.confirm(question, default=default, err=True)


def ask_line(what: str) -> str:
    """Return a line from a person or a pipe; raises UsageError if none comes."""
    if at_terminal():
        answer: str = click.prompt(what, err=True)
        return answer
    line = sys.stdin.readline().strip()
    if not line:
        raise UsageError(f"nobody answered: {what}")
    return line


def _need_terminal(instead: str) -> None:
    if not at_terminal():
        raise UsageError(f"there is no terminal to ask at; give {instead}")
