"""The limit of what one run may do without a person's word."""


def too_many(what: str, count: int, total: int, number: int, percent: float) -> str:
    """Return the sentence for a count that is over both the number and the share, or ''."""
    if count <= number or total <= 0 or count * 100 <= total * percent:
        return ""
    return f"{count} of {total} {what} ({count * 100 / total:.1f}%), more than {number} and than {percent:g}%"
