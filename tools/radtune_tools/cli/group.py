"""Commands and groups with the global options before or behind a command, and the nearest word to a mistyped one."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from radtune.installation import DEFAULT_SETTINGS
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
    """A group that takes the global options, too, and imports a command when it is called.

    helps: a line about each command, by its word; the function of that name in the file of that name is the command
    groups: the groups within; their words stand before those of their commands, as in nas_check
    """

    def __init__(
        self, name: str, helps: Mapping[str, str], groups: Mapping[str, "Group"] | None = None, **named: Any
    ) -> None:
        super().__init__(name or None, commands=dict(groups or {}), **named)
        self.params += _global_options()
        self.helps = {**helps, **{word: str(group.help) for word, group in self.commands.items()}}

    def list_commands(self, _: click.Context) -> list[str]:
        """Return the words of all commands."""
        return sorted(self.helps)

    def get_command(self, _: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of this word, or None."""
        if cmd_name in self.helps and cmd_name not in self.commands:
            name = f"{self.name}_{cmd_name}" if self.name else cmd_name
            command: click.Command = getattr(import_module(f"radtune_tools.commands.{name}"), name)
            command.name = cmd_name
            self.commands[cmd_name] = command
        return self.commands.get(cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of the commands into the help; imports none of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(word, self.helps[word]) for word in self.list_commands(ctx)])

    def every_command(self, ctx: click.Context, path: str = "") -> Iterator[tuple[str, click.Command]]:
        """Yield every command below the group with its words; imports all of them."""
        for name in self.list_commands(ctx):
            if command := self.get_command(ctx, name):
                yield f"{path}{name}", command
            if isinstance(command, Group):
                yield from command.every_command(ctx, f"{path}{name} ")

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Begin with the context of all commands; raises UsageError for an option at the wrong place."""
        if parent is None:
            extra.setdefault("obj", Context.usual())
        try:
            return super().make_context(info_name, args, parent, **extra)
        except click.NoSuchOption as error:
            if error.ctx is None:
                raise
            takers = [path for path, command in self.every_command(error.ctx) if error.option_name in _options(command)]
            taker = next((path for path in takers if path.split()[-1] in args), "")
            if not taker:
                raise
            where = f"{error.ctx.command_path} {taker} {error.option_name}"
            said = f"No such option: {error.option_name}. It stands behind the command: {where}"
            raise click.UsageError(said, error.ctx) from None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command as click does; raises UsageError with the nearest name if there is none of this name."""
        if args[0] not in self.helps and not ctx.resilient_parsing:
            raise click.UsageError(f"No such command {args[0]!r}.{self._nearest(ctx, args[0])}", ctx)
        return super().resolve_command(ctx, args)

    def _nearest(self, ctx: click.Context, word: str) -> str:
        from difflib import get_close_matches

        word, root = word.lower(), ctx.find_root()
        names = [word] if word in self.helps else get_close_matches(word, self.helps)
        near = [f"{ctx.command_path} {name}" for name in names]
        if isinstance(root.command, Group):
            near += [
                f"{root.command_path} {path}" for path, _ in root.command.every_command(ctx) if word in path.split()
            ]
        return f" Did you mean {' or '.join(dict.fromkeys(near))}?" if near else ""


def _options(command: click.Command) -> Iterator[str]:
    for parameter in command.params:
        yield from parameter.opts
