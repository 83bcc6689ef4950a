"""The options of every command that prints a list."""

from dataclasses import replace
from typing import Any

import click

from radtune_tools.cli.group import changing, form
from radtune_tools.context import Context


def _with_columns(context: Context, value: Any) -> Context:
    names = tuple(name.strip().lower().replace(" ", "_") for name in str(value).split(",") if name.strip())
    if not names:
        raise click.BadParameter("names no column")
    return replace(context, form=replace(context.form, columns=names))


def listing(function: click.decorators.FC) -> click.decorators.FC:
    """Add the options that choose a list's columns and form."""
    for option in (
        click.option(
            "--csv",
            is_flag=True,
            expose_value=False,
            callback=changing(form(as_csv=True)),
            help="Print all columns as CSV, or those of --columns.",
        ),
        click.option(
            "--columns",
            metavar="A,B",
            expose_value=False,
            callback=changing(_with_columns),
            help="Show these columns, in this order; an unknown one is answered with all that there are.",
        ),
        click.option(
            "--wide",
            is_flag=True,
            expose_value=False,
            callback=changing(form(wide=True)),
            help="Show all columns, and cut nothing.",
        ),
    ):
        function = option(function)
    return function
