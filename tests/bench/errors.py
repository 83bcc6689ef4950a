"""The one error of the benchmark."""


class BenchError(Exception):
    """The run measured something else than it says, or couldn't measure at all; the message names what went wrong."""
