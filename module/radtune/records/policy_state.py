"""What a server says of the policy that it judges by."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PolicyState:
    """Which policy a server judges by (`Policy.fingerprint`), since when, and what is wrong with its file since when.

    `problem` is '' where nothing is. Times are seconds since the epoch.
    """

    fingerprint: str
    since: float
    problem: str = ""
    problem_since: float = 0.0
