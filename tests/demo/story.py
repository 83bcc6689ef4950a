"""The story: a laptop is let in, turns non-compliant, is moved, comes back to health, and is moved back."""

import os
import pwd
from pathlib import Path

from demo.narration import WrongTurnError, expect, say, show, step
from parts.eapol import Supplicant
from parts.office import Office, device, mac_of
from parts.port import COA_SECRET, HostapdPort, Port, SimplePort
from parts.process import wait_for
from parts.radius_client import mac_login

LAPTOP, TABLET, PRINTER, STRANGER = 1, 2, 3, 99
FLEET = [
    device(LAPTOP),
    device(TABLET, deviceName="TABLET-2", operatingSystem="iPadOS"),
    device(PRINTER, deviceName="KIOSK-3"),
    device(4, complianceState="noncompliant"),
    device(5, complianceState="inGracePeriod"),
]
EVENTS = (
    "time",
    "event",
    "mac",
    "user",
    "auth_type",
    "cert_cn",
    "cert_san",
    "device",
    "compliance",
    "rule",
    "vlan",
    "nas",
)


def tell(directory: Path, no_lab: str) -> int:
    """Tell the story in `directory`; `no_lab` says why hostapd can't be the switch, or ''. Return the exit code."""
    try:
        with Office(directory, FLEET) as office:
            intune_and_sync(office)
            server(office)
            other_logins(office)
            with laptop_port(office, no_lab) as port:
                connect_coa(office, port)
                first_login(office, port)
                turns_bad(office, port)
                gets_well(office, port)
            strangers(office)
            events(office)
    except (WrongTurnError, RuntimeError, TimeoutError) as error:
        print(f"\nThe story went another way: {error}", flush=True)
        return 1
    print("\nEvery step came out as told.", flush=True)
    return 0


def run(office: Office, command: str, expect_code: int = 0) -> str:
    """Run a radtune command, show it, and give what it printed."""
    done = office.radtune(*command.split(), expect=expect_code)
    show(f"radtune {command}", done.stdout + done.stderr)
    return done.stdout


def intune_and_sync(office: Office) -> None:
    step("1. Intune, and a device store on disk")
    say(
        f"A Graph simulator answers at {office.intune.url} (HTTPS, a CA of its own) with {len(FLEET)} devices. radtune "
        "has signed in through msal, and listed the devices page by page into its store."
    )
    pages = [seen.path for seen in office.intune.requests() if "/managedDevices" in seen.path]
    expect("pages of two devices", len(pages), 3)
    run(office, "devices")
    run(office, "sync --check")


def server(office: Office) -> None:
    step("2. FreeRADIUS with radtune's module")
    uid = Path(f"/proc/{office.server.pid}").stat().st_uid
    user = pwd.getpwuid(uid).pw_name
    say(
        f"Debian's freeradius runs as {user}, from a configuration of its own in {office.server.raddb}: the stock "
        "files, radtune's raddb files, and the edits that the manual tells. Nothing was written into /etc, and the "
        "directory is removed at the end."
    )
    if os.geteuid() == 0:
        expect("the server's user", user, "freerad")


def other_logins(office: Office) -> None:
    step("3. Who is let in")
    pair = office.authority.issue_client("LAPTOP-1", dns=[device(LAPTOP)["id"]])
    say("The laptop by EAP-TLS (eapol_test; the Intune device id in SAN DNS, the device name in the CN):")
    (login,) = office.eap_tls(pair, mac_of(LAPTOP), "host/laptop-1")
    expect("the server's answer", login.code, "Access-Accept")
    # RFC 3580 3.31: 13 is VLAN, 6 is IEEE-802; the octet before them is the tag.
    kinds = " / ".join(value[2:] for value in (*login.all(64), *login.all(65)))
    expect("Tunnel-Type VLAN (13) / Tunnel-Medium-Type IEEE-802 (6)", kinds, "00000d / 000006")
    expect("Tunnel-Private-Group-Id", login.vlan, "750")
    office.client.account("Stop", ("Calling-Station-Id", mac_of(LAPTOP)), ("NAS-IP-Address", "127.0.0.1"))
    for inner in ("PAP", "MSCHAPV2"):
        say(f"A tablet by EAP-TTLS with {inner}, found by its MAC:")
        bob = Supplicant("TTLS", office.ca_file, "bob", password="hello", inner=inner)
        (login,) = office.eap(bob, mac_of(TABLET))
        expect("the server's answer and VLAN", f"{login.code}, {login.vlan}", "Access-Accept, 750")
    say("A kiosk by MAC authentication bypass, found by its MAC:")
    reply = office.client.login(*mac_login(mac_of(PRINTER), ("NAS-IP-Address", "127.0.0.1")))
    expect("the server's answer and VLAN", f"{reply.code}, {reply.vlan}", "Access-Accept, 750")


def laptop_port(office: Office, no_lab: str) -> Port:
    place = office.directory / "port"
    place.mkdir()
    pair = office.authority.issue_client("LAPTOP-1", dns=[device(LAPTOP)["id"]])
    certificate, key = office.certificate(pair, "laptop")
    login = Supplicant("TLS", office.ca_file, "host/laptop-1", certificate, key)
    kind = SimplePort if no_lab else HostapdPort
    step("4. The laptop at a switch port, and it turns non-compliant")
    say(f"The switch: {kind.described}." + (f" ({no_lab})" if no_lab else ""))
    return kind(office, place, login, mac_of(LAPTOP))


def connect_coa(office: Office, port: Port) -> None:
    office.secret_file("coa-secret", COA_SECRET)
    entry = {"name": "switch-1", "nas": ["127.0.0.1"], "port": port.coa_port, "secret_file": "coa-secret"}
    # On a network, a device that was moved stays where it is for a while before it is moved back.
    office.write_settings(nas=[entry], moves={"hold_down": "0s"})


def first_login(office: Office, port: Port) -> None:
    expect("the laptop's VLAN", last_vlan(port, "750"), "750")
    run(office, "sessions")
    expect("number of sessions that would move", len(office.ask("plan")["moves"]), 0)


def last_vlan(port: Port, told: str) -> str:
    """Give the VLAN of the last Access-Accept; the server's log may lag behind its packets."""
    wait_for(lambda: port.vlans[-1:] == [told], f"VLAN {told} in the server's log, after {port.vlans}")
    return port.vlans[-1]


def move(office: Office, port: Port, state: str, told: str) -> None:
    """Let Intune change its mind about the laptop, and see radtune move it to the VLAN `told`."""
    office.intune.patch(device(LAPTOP)["id"], complianceState=state)
    run(office, "sync")
    planned = office.ask("plan")["moves"]
    moves = ", ".join(f"{row['device']} to {row['to']}" for row in planned)
    expect("sessions that would move", moves, f"LAPTOP-1 to vlan {told}")
    printed = run(office, "apply")
    acknowledged, enforced = printed.find(": acknowledged"), printed.find(": enforced")
    expect("the switch acknowledged first, and only the new login made it enforced", 0 < acknowledged < enforced, True)
    expect("the laptop's VLAN", last_vlan(port, told), told)
    expect("number of sessions that would move", len(office.ask("plan")["moves"]), 0)


def turns_bad(office: Office, port: Port) -> None:
    say("Intune calls the laptop non-compliant now.")
    move(office, port, "noncompliant", "1")


def gets_well(office: Office, port: Port) -> None:
    step("5. The laptop comes back to health; strangers; the events")
    move(office, port, "compliant", "750")


def strangers(office: Office) -> None:
    say("A device that was never enrolled is refused, as the policy's default says, by MAC and by certificate:")
    reply = office.client.login(*mac_login(mac_of(STRANGER)))
    expect("the server's answer", reply.code, "Access-Reject")
    (login,) = office.eap_tls(office.authority.issue_client("STRANGER"), mac_of(STRANGER), "host/stranger")
    told = f"{login.code}, EAP codes {list(login.eap_codes)}, {'keys' if login.has_keys else 'no keys'}"
    expect("the server's answer (EAP code 4 is Failure)", told, "Access-Reject, EAP codes [4], no keys")
    run(office, "explain STRANGER", 2)


def events(office: Office) -> None:
    run(office, "events")
    seen = office.ask("events")
    filled = [name for name in (*EVENTS, "reason") if any(event.get(name) for event in seen)]
    expect("what the events tell", ", ".join(filled), ", ".join((*EVENTS, "reason")))
    expect(
        "kinds of events",
        ", ".join(sorted({event["event"] for event in seen})),
        "login_allowed, login_denied, move_requested, moved",
    )
