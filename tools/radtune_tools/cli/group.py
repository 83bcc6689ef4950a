"""Commands and groups with the global options before or behind a command, and the nearest word to a mistyped one."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click

from radtune.config.settings import DEFAULT_SETTINGS
from radtune_tools.context import Context


def changing(change: Callable[[Context, Any], Context]) -> Callable[..., None]:
    """Return the callback of an option that changes the context of its command."""

    def callback(context: click.Context, option: click.Parameter, value: Any) -> None:
        if value not in (None, False, ()):
            context.obj = change(context.obj, value)

    return callback


def form_flag(help_text: str, **values: Any) -> dict[str, Any]:
    """Return the attributes of an option that changes the form of the answer."""
    change = changing(lambda context, _: replace(context, form=replace(context.form, **values)))
    return {"is_flag": True, "expose_value": False, "callback": change, "help": help_text}


def _global_options() -> list[click.Option]:
    settings = click.Option(
        ["--settings"],
        type=click.Path(path_type=Path),
        metavar="FILE",
        help=f"The settings file; RADTUNE_SETTINGS, or else {DEFAULT_SETTINGS}.",
        expose_value=False,
        callback=changing(lambda context, file: replace(context, settings_file=file)),
    )
    return [
        settings,
        click.Option(["--json"], **form_flag("Answer with one JSON value, for programs.", as_json=True)),
        click.Option(["-q", "--quiet"], **form_flag("Say nothing but problems, for cron.", quiet=True)),
    ]


class Command(click.Command):
    """A command that takes the global options, too."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.params += _global_options()


class Group(click.Group):
    """A group of commands that takes the global options, too."""

    command_class = Command
    group_class = type

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.params += _global_options()

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Begin with the context of all commands; raises UsageError for an option at the wrong place."""
        if parent is None:
            extra.setdefault("obj", Context.usual())
        try:
            return super().make_context(info_name, args, parent, **extra)
        except click.NoSuchOption as error:
            takers = [path for path, command in _commands(self) if error.option_name in _options(command)]
            taker = next((path for path in takers if path.split()[-1] in args), "")
            if not taker or error.ctx is None:
                raise
            where = f"{error.ctx.command_path} {taker} {error.option_name}"
            said = f"No such option: {error.option_name}. It stands behind the command: {where}"
            raise click.UsageError(said, error.ctx) from None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command as click does; raises UsageError with the nearest name if there is none of this name."""
        if self.get_command(ctx, args[0]) is None and not ctx.resilient_parsing:
            raise click.UsageError(f"No such command {args[0]!r}.{self._nearest(ctx, args[0])}", ctx)
        return super().resolve_command(ctx, args)

    def _nearest(self, ctx: click.Context, word: str) -> str:
        root = ctx.find_root().command
        paths = [path for path, _ in _commands(root)] if isinstance(root, Group) else []
        names = [word.lower()] if word.lower() in self.commands else get_close_matches(word.lower(), self.commands)
        near = [f"{ctx.command_path} {name}" for name in names]
        near += [f"{ctx.find_root().command_path} {path}" for path in paths if word.lower() in path.split()]
        return f" Did you mean {' or '.join(dict.fromkeys(near))}?" if near else ""


def _commands(group: click.Group, path: str = "") -> Iterator[tuple[str, click.Command]]:
    """Yield every command below the group with its words."""
    for name, command in group.commands.items():
        yield f"{path}{name}", command
        if isinstance(command, click.Group):
            yield from _commands(command, f"{path}{name} ")


def _options(command: click.Command) -> Iterator[str]:
    for parameter in command.params:
        yield from parameter.opts
