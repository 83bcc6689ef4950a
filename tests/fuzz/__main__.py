"""`python -m fuzz --count 200000`: random requests, each judged by the hook and by the model."""

import sys

import click

from fuzz.run import Report, fuzz


@click.command()
@click.option("--count", default=200_000, show_default=True, help="How many requests are judged.")
@click.option("--seed", default=1, show_default=True, help="Another seed makes other requests; the same one the same.")
def main(count: int, seed: int) -> None:
    """Judge random requests by the hook and by a model of the policy; exit 1 if they differ."""
    report: Report = fuzz(count, seed)
    for problem in report.problems[:20]:
        click.echo(problem)
    click.echo(report.summary())
    sys.exit(1 if report.problems else 0)


main()
