"""What the audience reads."""

import textwrap


class WrongTurnError(Exception):
    """A step did not come out as told."""


def step(title: str) -> None:
    """Begin a step."""
    print(f"\n{title}\n{'-' * len(title)}", flush=True)


def say(text: str) -> None:
    """Say a sentence or two."""
    print(textwrap.fill(text, 118), flush=True)


def show(command: str, output: str) -> None:
    """Show a command and what it printed."""
    print(f"  $ {command}", flush=True)
    for line in output.strip().splitlines():
        print(f"  {line.rstrip()}", flush=True)


def expect(what: str, found: object, told: object) -> None:
    """Check one thing against the story, and say so; raises WrongTurnError."""
    if found != told:
        raise WrongTurnError(f"{what}: told {told!r}, found {found!r}")
    print(f"  ok: {what}: {found}", flush=True)
