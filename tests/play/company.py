"""The company that is played with: its devices in Intune, its settings and policy, its NASes and clients."""

from datetime import UTC, datetime, timedelta

from parts.access_network import AccessNetwork, Client, Nas
from parts.eapol import Supplicant
from parts.office import Office, device, mac_of

COA_SECRET = "the secret of the NASes' CoA service"
SWITCH, ACCESS_POINT = Nas("switch-1"), Nas("ap-1", ssid="Corp")
PRINTER_MAC, SHARED_MAC = "00:17:C8:00:00:01", "00:16:CB:00:00:DD"
HOST, HOST_PASSWORD = "host/LAPTOP-2.contoso.example", "the laptop's own password"
USERS = f'"{HOST}" Cleartext-Password := "{HOST_PASSWORD}"\n'

PHONE = {"deviceName": "PHONE-3", "operatingSystem": "iOS", "osVersion": "18.1"}
SAME = ("deviceName", "serialNumber", "azureADDeviceId", "userPrincipalName")
ENROLLED_ANEW = {name: device(11)[name] for name in SAME}
CHECKED_IN, LONG_AGO = (
    {"lastSyncDateTime": f"{datetime.now(UTC) - timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"} for days in (1, 200)
)
FLEET = [
    device(1, **CHECKED_IN),
    device(2, **CHECKED_IN),
    device(3, **CHECKED_IN, **PHONE),
    device(4, **CHECKED_IN, complianceState="noncompliant"),
    device(5, **CHECKED_IN, complianceState="inGracePeriod"),
    device(6, **CHECKED_IN),
    device(7, **CHECKED_IN, complianceState="unknown"),
    device(8, **CHECKED_IN, complianceState="conflict"),
    device(9, **CHECKED_IN, complianceState="error"),
    device(10, **CHECKED_IN, complianceState="configManager"),
    device(11, **LONG_AGO, complianceState="noncompliant"),
    device(12, **CHECKED_IN, **ENROLLED_ANEW),
    # Two laptops at one docking station, whose network card Intune lists with both.
    device(13, **CHECKED_IN, wiFiMacAddress=SHARED_MAC.replace(":", "")),
    device(14, **CHECKED_IN, wiFiMacAddress=SHARED_MAC.replace(":", "")),
]

SETTINGS = """\
store: {office.store}
events: {office.events_file}
policy: policy.yaml

nas:
  - name: {switch.identifier}
    nas: [{switch.identifier}]
    profile: cisco
    coa_address: 127.0.0.1
    port: {port}
    secret_file: coa-secret
  - name: {ap.identifier}
    nas: [{ap.identifier}]
    coa_address: 127.0.0.1
    port: {port}
    secret_file: coa-secret

sites:
  - name: berlin
    nas: [{switch.identifier}]

# On a network, a device that was moved stays where it is for a while before it is moved back.
moves:
  hold_down: 0s
# A device that Intune lists no more counts as not enrolled at once.
sync:
  keep_missing: 0s
"""

POLICY = """\
labels:
  printers:       {mac: ["00:17:c8"]}
  compliant:      {mdm_compliance: compliant}
  in-grace:       {mdm_compliance: in_grace_period}
  not-compliant:  {mdm_compliance: noncompliant}
  no-verdict:     {mdm_compliance: [unknown, conflict, error, config_manager]}
  not-identified: {mdm_compliance: [not_enrolled, ambiguous]}
  staff:          {vlan: {sites: {berlin: 20}, default: 30}}
  printer-vlan:   {vlan: 40}
  quarantine:     {vlan: 99}
rules:
  - name: Printers
    match: [printers]
    policy: allow
    assign: [printer-vlan]
  - name: Compliant
    match: [{any: [compliant, in-grace]}]
    policy: allow
    assign: [staff]
  - name: Quarantine
    match: [{any: [not-compliant, no-verdict]}]
    policy: allow
    assign: [quarantine]
  - name: Not Identified
    match: [not-identified]
    policy: deny
default: deny
on_failure:
  stale: {last_known: 48h}
  unavailable: deny
"""


def write_settings(office: Office, network: AccessNetwork) -> None:
    """Write settings.yaml and the CoA secret, as an operator would before `radtune link`."""
    office.secret_file("coa-secret", COA_SECRET)
    office.settings_file.write_text(SETTINGS.format(office=office, port=network.port, switch=SWITCH, ap=ACCESS_POINT))


def with_certificate(office: Office, number: int) -> Supplicant:
    """Set up a device for EAP-TLS, with the certificate that Intune's SCEP profile gave it."""
    listed = FLEET[number - 1]
    pair = office.authority.issue_client(listed["deviceName"], uris=[f"IntuneDeviceId://{listed['id']}"])
    certificate, key = office.certificate(pair, listed["deviceName"])
    return Supplicant("TLS", office.ca_file, f"host/{listed['deviceName']}", certificate, key)


def clients(office: Office) -> list[Client]:
    """Give the clients that are connected."""
    password = Supplicant("PEAP", office.ca_file, HOST, password=HOST_PASSWORD, inner="MSCHAPV2")
    return [
        Client("LAPTOP-1", mac_of(1), SWITCH, with_certificate(office, 1)),
        Client("LAPTOP-2", mac_of(2), ACCESS_POINT, password),
        Client("PHONE-3", mac_of(3), ACCESS_POINT, with_certificate(office, 3)),
        Client("LAPTOP-4", mac_of(4), SWITCH, with_certificate(office, 4)),
        Client("the printer", PRINTER_MAC, SWITCH),
    ]
