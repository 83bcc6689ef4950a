"""Small dictionaries in files, in FreeRADIUS's format."""

from pathlib import Path

MAIN = """
# A comment
VALUE	Service-Type		Login			1
ATTRIBUTE	User-Name		1	string
ATTRIBUTE	User-Password		2	string	encrypt=1
ATTRIBUTE	CHAP-Password		3	octets
ATTRIBUTE	User-Service-Type	6	integer
ATTRIBUTE	Service-Type		6	integer
ATTRIBUTE	Framed-IP-Address	8	ipaddr
ATTRIBUTE	Framed-Filter-Id	11	string
ATTRIBUTE	Filter-Id		11	string	# with a comment behind it
ATTRIBUTE	Reply-Message		18	string
ATTRIBUTE	State			24	octets
ATTRIBUTE	Class			25	octets
ATTRIBUTE	Vendor-Specific		26	vsa
ATTRIBUTE	Session-Timeout		27	integer
ATTRIBUTE	Proxy-State		33	octets
ATTRIBUTE	Event-Timestamp		55	date
ATTRIBUTE	Tunnel-Type		64	integer	has_tag
ATTRIBUTE	Tunnel-Server-Endpoint	67	string	has_tag
ATTRIBUTE	Tunnel-Password		69	string	has_tag,encrypt=2
ATTRIBUTE	EAP-Message		79	octets concat
ATTRIBUTE	Tunnel-Private-Group-Id	81	string	has_tag
ATTRIBUTE	NAS-Filter-Rule		92	string
ATTRIBUTE	X-Ascend-Idle-Limit	244	integer
ATTRIBUTE	Extended-Attribute-1	241	extended
ATTRIBUTE	Extended-Attribute-4	244	extended
ATTRIBUTE	Extended-Attribute-5	245	long-extended
ATTRIBUTE	Extended-Vendor-Specific-5	245.26	evs
ATTRIBUTE	Frag-Status		241.1	integer
ATTRIBUTE	Packet-Type		1047	integer virtual
ATTRIBUTE	Last-Word		255	string
ATTRIBUTE	MS-CHAP-Word		200	string
ATTRIBUTE	MS-MPPE-Word		201	octets
ATTRIBUTE	ARAP-Word		202	octets
ATTRIBUTE	CHAP-Challenge		60	octets
ATTRIBUTE	Digest-Response		206	string
ATTRIBUTE	Hidden-Word		203	integer encrypt=1
ATTRIBUTE	Silent-Word		204	integer secret
ATTRIBUTE	Number-Of-Key		205	integer
ATTRIBUTE	Local-Word		3000	string
VALUE	Service-Type		Login-User		1
VALUE	Service-Type		Framed-User		2
VALUE	Tunnel-Type		VLAN			13
$INCLUDE dictionary.vendors
$INCLUDE- dictionary.absent
"""
VENDORS = """
VENDOR		Cisco			9
VENDOR		USR			429
VENDOR		Lucent			4846
VENDOR		WiMAX			24757	format=1,1,c
VENDOR		Ruckus			25053
BEGIN-VENDOR	Cisco
ATTRIBUTE	Cisco-AVPair		1	string
END-VENDOR	Cisco
BEGIN-VENDOR	USR
ATTRIBUTE	USR-Big			0x9801	string
END-VENDOR	USR
BEGIN-VENDOR	Lucent
ATTRIBUTE	Lucent-Big		300	string
END-VENDOR	Lucent
BEGIN-VENDOR	WiMAX
ATTRIBUTE	WiMAX-Name		2	string
END-VENDOR	WiMAX
BEGIN-VENDOR	Ruckus
ATTRIBUTE	Ruckus-PSK		16	string
ATTRIBUTE	Ruckus-Quota		146	tlv
ATTRIBUTE	Ruckus-Quota-Name	146.1	string
BEGIN-TLV	Ruckus-Quota
ATTRIBUTE	Ruckus-Quota-Bytes	2	octets[8]
END-TLV		Ruckus-Quota
END-VENDOR	Ruckus
BEGIN-VENDOR	Cisco	format=Extended-Vendor-Specific-5
ATTRIBUTE	Cisco-Extended		7	string
END-VENDOR	Cisco
"""


def write(directory: Path, name: str, text: str) -> Path:
    """Write a dictionary that its owner alone may change."""
    file = directory / name
    file.write_text(text)
    file.chmod(0o644)
    return file


def write_all(directory: Path) -> Path:
    """Write the main dictionary and what it includes."""
    write(directory, "dictionary.vendors", VENDORS)
    return write(directory, "dictionary", MAIN)


FEW = """
ATTRIBUTE	User-Name		1	string
ATTRIBUTE	User-Password		2	string	encrypt=1
ATTRIBUTE	Filter-Id		11	string
ATTRIBUTE	Reply-Message		18	string
ATTRIBUTE	Connect-Info		77	string
VENDOR		Aruba			14823
BEGIN-VENDOR	Aruba
ATTRIBUTE	Aruba-User-Role		1	string
END-VENDOR	Aruba
"""


def write_few(directory: Path) -> Path:
    """Write a dictionary with what a policy of the tests may ask for and give."""
    return write(directory, "dictionary", FEW)
