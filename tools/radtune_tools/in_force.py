"""Whether the server judges by the policy that is in the file."""

from pathlib import Path

from radtune.policy_state import PolicyState


def other_policy(state: PolicyState | None, fingerprint: str, file: Path) -> str:
    """Return how the policy that the server said it judges by differs from the file's, or ''.

    A server that has answered no request yet has said nothing.
    """
    if state is None or state.fingerprint == fingerprint:
        return ""
    if state.problem:
        return f"the server could not read {file} again and judges by the one before: {state.problem}"
    return (
        f"the server still judges by another policy than {file}, or by other sites or profiles; it reads the policy "
        "again at its next requests, and settings.yaml when it is restarted, of which its first request tells"
    )
