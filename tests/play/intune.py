"""The command `intune`: changes a device in the simulated Intune that is played with."""

import argparse
from pathlib import Path

from parts.graph_simulator.devices import UnknownDeviceError
from parts.graph_simulator.steering import TenantSteering
from parts.office import TENANT
from play.company import FLEET

STATES = ("compliant", "noncompliant", "inGracePeriod", "unknown", "conflict", "error", "configManager")
GONE = "gone"


def main() -> None:
    """Change what was asked for, and say so."""
    known = {listed["deviceName"]: listed for listed in FLEET}
    parser = argparse.ArgumentParser(prog="intune", description="Change a device in the simulated Intune.")
    parser.add_argument("--url", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--ca-file", required=True, type=Path, help=argparse.SUPPRESS)
    parser.add_argument("device", choices=known, metavar="DEVICE", help=f"one of {', '.join(known)}")
    parser.add_argument("state", choices=(*STATES, GONE), help=f"its compliance; {GONE} removes it from Intune")
    options = parser.parse_args()
    tenant, listed = TenantSteering(TENANT, options.ca_file, options.url), known[options.device]
    try:
        if options.state == GONE:
            tenant.delete(listed["id"])
        else:
            tenant.put({**listed, "complianceState": options.state})
    except UnknownDeviceError:
        parser.error(f"{options.device} isn't in Intune")
    print(f"{options.device} is {options.state} in Intune; `radtune sync` lets radtune know")


if __name__ == "__main__":
    main()
