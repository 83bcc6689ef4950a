"""The metrics by part, as `radtune metrics` describes them."""

from collections.abc import Iterator

from manual.table import table
from radtune_tools.health.metric_names import PARTS


def listed(part: str) -> Iterator[str]:
    """Yield the table of the metrics of this part."""
    rows = (
        [f"`{name}`", metric.kind, ", ".join(f"`{label}`" for label in metric.labels), metric.meaning]
        for name, metric in PARTS[part].items()
    )
    yield table(["metric", "type", "labels", "meaning"], rows)
