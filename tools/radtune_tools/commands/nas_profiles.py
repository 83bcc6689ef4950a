"""`radtune nas profiles`."""

from radtune.config.nas_profile import built_in, profile_reader
from radtune.errors import ExitCode
from radtune_tools.cli.options import command, listing
from radtune_tools.context import Context
from radtune_tools.listing import Columns


@command
@listing
def nas_profiles(context: Context) -> int:
    """Show the profiles that come with radtune."""
    settings, output = context.settings(), context.output
    rows = (
        {
            "profile": profile.name,
            "for": profile.description,
            "port": profile.port,
            "methods": profile.method_names(),
            "notes": list(profile.notes),
        }
        for profile in map(profile_reader(settings.policy_context), built_in())
    )
    output.table(Columns(("profile", "for", "methods"), ("port", "notes")), rows, "")
    return ExitCode.OK
