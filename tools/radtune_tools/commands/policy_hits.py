"""`radtune policy hits`."""

import time

from radtune.config.settings import read_configuration
from radtune.errors import ExitCode, StoreError
from radtune_tools.cli.options import command, listing
from radtune_tools.context import Context
from radtune_tools.health.counters import RULES
from radtune_tools.health.counting import counters
from radtune_tools.listing import Columns, Moment

COLUMNS = Columns(("rule", "hits", "last", "since"), ())
_BEHIND = ("on_failure", "default")
"""The names that decide if no rule fits."""


@command
@listing
def policy_hits(context: Context) -> int:
    """Show how many logins each rule has decided, and when the last one was.

    If a rule has no hits, it may be one that never fits. Counting began with the first run of this command or of
    metrics; each run counts the new events.
    """
    settings, policy = read_configuration(context.settings_file)
    problems: list[str] = []
    found = counters(settings, time.time(), problems.append)
    if not found.at:
        raise StoreError("; ".join(problems))
    for problem in problems:
        context.output.problem(problem)
    hits = found.total()
    rows = [
        {
            "rule": name,
            "hits": hits[RULES, name],
            "last": Moment(found.last.get(name, "")),
            "since": Moment(found.since),
        }
        for name in (*(rule.name for rule in policy.rules), *_BEHIND)
    ]
    context.output.table(COLUMNS, rows, "")
    return ExitCode.OK
