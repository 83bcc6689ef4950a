"""The words of the command line, with a line about each; the command itself is imported when it is called."""

import click

from radtune import __version__
from radtune_tools.cli.group import Group

EXIT_CODES = """\b
Exit codes:
  0   fine
  1   --check found a difference, a policy test failed, or status or doctor
      found something
  2   wrong command line; no such device, session, event, NAS, tenant or file;
      a question answered by no, or not at all
  3   refused for safety; what the message names stays as it was
  4   not enforced: some sessions are not where the policy wants them, or a
      NAS doesn't obey
  69  unknown: status or doctor can't see whether all is well
  70  a bug in radtune
  75  temporary: try again later; a tenant that could not be synced stays as
      it was
  77  not permitted: this user, or the application at Microsoft
  78  settings, policy, store or another file can't be used
  130 interrupted by Ctrl-C, or by Ctrl-D at a question
"""
NAS = {
    "check": "Show what each NAS would be sent; send nothing.",
    "import": "Make entries of the clients in FreeRADIUS's clients.conf.",
    "profiles": "Show the profiles that come with radtune.",
    "test": "Prove port, secret and routing of a NAS; nobody is moved.",
}
POLICY = {
    "check": "Name every fault and warning of settings and policy.",
    "diff": "Show who would get another outcome under the policy NEW.",
    "hits": "Show how many logins each rule has decided, and when the last one was.",
    "test": "Try the cases of policy-tests.yaml, or of FILE.",
}
COMMANDS = {
    "apply": "Move the sessions that plan shows.",
    "coa": "Move a client by hand: it logs in again and is judged anew.",
    "devices": "Show the devices in the store.",
    "doctor": "Find what is wrong with server, configuration, files and data.",
    "events": "Show who logged in or was moved, and why.",
    "explain": "Say what a client would get now, and why.",
    "link": "Link a tenant, and prove that it works.",
    "metrics": "Print metrics for Prometheus: what status says, and counts.",
    "plan": "Show which sessions would move; send nothing.",
    "push": "Send client events to syslog and webhooks, as push in settings says.",
    "quarantine": "Let a device count as noncompliant for a while.",
    "release": "End the quarantine of a device: Intune's word counts again.",
    "setup": "Switch radtune on in FreeRADIUS, step by step.",
    "sessions": "Show the live sessions and the moves under way.",
    "status": "Say how radtune is doing; exit 1 if it isn't well.",
    "sync": "Fill the device store from Intune, as a whole or not at all.",
    "timeline": "Tell what happened to a device, why, and what it waits for.",
    "unlink": "Remove a tenant from the settings.",
}
"""The purpose of each command; the first sentence of its own help says the same."""

cli = Group(
    "",
    COMMANDS,
    {
        "nas": Group("nas", NAS, help="Work on the NASes that take a CoA."),
        "policy": Group("policy", POLICY, help="Work on the policy."),
    },
    help="""Intune's device compliance in FreeRADIUS: fill the store, judge clients, move sessions.

    The options stand before or behind a command.
    """,
    epilog=EXIT_CODES,
    context_settings={"help_option_names": ["-h", "--help"]},
)
click.version_option(__version__, prog_name="radtune")(cli)
