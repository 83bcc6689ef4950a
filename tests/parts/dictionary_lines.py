"""Lines of dictionaries that FreeRADIUS reads, and lines with which it doesn't start.

Each stands behind HEAD.
"""

HEAD = """VENDOR Cisco 9
VENDOR Lucent 4846
ATTRIBUTE Filter-Id 11 string
ATTRIBUTE Class 25 octets
ATTRIBUTE Extended-Attribute-1 241 extended
ATTRIBUTE Extended-Vendor-Specific-1 241.26 evs
"""

READ = (
    "# " + "x" * 253,
    "#" * 600,
    "ATTRIBUTE Other-Name 3001 uint32",
    "ATTRIBUTE All-Flags 3001 string secret,virtual,",
    "ATTRIBUTE 0 3001 string array",
    "VALUE Server-Config Old 1",
    "$-INCLUDE nowhere",
)
LATER = ("MEMBER Filter-Id something new", "ATTRIBUTE Truth 3001 bool")
"""Lines for later releases; 3.2.1 doesn't know the keyword or the type."""

REFUSED: tuple[tuple[tuple[str, ...], str], ...] = (
    (("ATTRIBUTE",), "ATTRIBUTE: too few words, or too many"),
    (("ATTRIBUTE X 300",), "ATTRIBUTE: too few words, or too many"),
    (("ATTRIBUTE X 300 string has_tag more",), "ATTRIBUTE: too few words, or too many"),
    (("ATTRIBUTE X abc string",), "abc is not a number"),
    (("ATTRIBUTE X 300 string Nobody",), "unknown vendor or attribute 'nobody'"),
    (("ATTRIBUTE X 300 string has_tag,shiny",), "unknown vendor or attribute 'shiny'"),
    (("ATTRIBUTE X 26.77.1.1 string",), "unknown vendor or attribute 77"),
    (("VALUE Class X",), "VALUE: too few words, or too many"),
    (("VALUE Class X one",), "one is not a number"),
    (("VENDOR New 10 format=3,1",), "format=3,1 is not a format that FreeRADIUS knows"),
    (("ATTRIBUTE X 26.9 string",), "a vendor's attribute is defined inside of BEGIN-VENDOR"),
    (("VENDOR New 10 format=1,1 more",), "VENDOR: too few words, or too many"),
    (("VENDOR New",), "VENDOR: too few words, or too many"),
    (("BEGIN-VENDOR Nobody",), "unknown vendor or attribute 'nobody'"),
    (("$INCLUDE nowhere",), "there is no such file"),
    (("# " + "x" * 254,), "longer than 255"),
)
"""Lines that radtune can't read either, the last of each named, and why."""

REFUSED_BY_THE_SERVER: tuple[tuple[str, ...], ...] = (
    ("ATTRIBUTE X 1_0 string",),
    ("ATTRIBUTE X -5 string",),
    ("ATTRIBUTE X 300 strong",),
    ("ATTRIBUTE X 300 octets[0]",),
    ("ATTRIBUTE X 300 octets[254]",),
    ("ATTRIBUTE X 300 ipaddr has_tag",),
    ("ATTRIBUTE X 300 string concat",),
    ("ATTRIBUTE X 300 octets encrypt=1",),
    ("ATTRIBUTE X 300 octets encrypt=3",),
    ("ATTRIBUTE X 300 octets array",),
    ("ATTRIBUTE X 200 string virtual",),
    ("ATTRIBUTE X 300 octets[4] concat",),
    ("ATTRIBUTE X 300 octets[4] encrypt=2",),
    ("ATTRIBUTE X 241.7 octets[4]",),
    ("ATTRIBUTE X 0 string",),
    ("ATTRIBUTE X 240 extended",),
    ("ATTRIBUTE X 241.5 evs",),
    ("ATTRIBUTE X 241.5 integer has_tag",),
    ("ATTRIBUTE X 25.1 string",),
    ("ATTRIBUTE X 241.256 string",),
    ("ATTRIBUTE Filter-Id 12 string",),
    ("ATTRIBUTE Filter(Id) 12 string",),
    ("ATTRIBUTE Attr-12 12 string",),
    (f"ATTRIBUTE {'X' * 128} 12 string",),
    ("ATTRIBUTE X 26.9.1.2 string",),
    ("BEGIN-VENDOR Lucent", "ATTRIBUTE X 1 tlv"),
    ("VALUE Filter-Id X 1",),
    ("VALUE Nowhere X 1",),
    ("VENDOR Cisco 10",),
    ("VENDOR New 16777216",),
    ("VENDOR New 10 format=2,1,c",),
    ("BEGIN-VENDOR Cisco format=Class",),
    ("BEGIN-VENDOR Cisco shape=Extended-Vendor-Specific-1",),
    ("END-VENDOR Cisco",),
    ("BEGIN-TLV Class",),
    ("END-TLV Class",),
    ("ATTRIBUTE X 26.9.250 string",),
    ("ATTRIBUTE X 241.26.9.5 string",),
    ("BEGIN-VENDOR Cisco", "END-VENDOR Lucent"),
    ("BEGIN-VENDOR Cisco", "ATTRIBUTE X 256 string"),
    ("BEGIN-VENDOR Cisco", "ATTRIBUTE X 1 string Cisco"),
    ("BEGIN-VENDOR Cisco", "ATTRIBUTE X 1 octets concat"),
    ("BEGIN-VENDOR Cisco", "ATTRIBUTE X 1 string virtual"),
    ("BEGIN-VENDOR Lucent", "ATTRIBUTE X 0 string"),
    ("ATTRIBUTE N 3001 integer", "VALUE N One 1", "VALUE N one 2"),
    ("ATTRIBUTE N 3001 byte", "VALUE N One 256"),
    ("BEGIN-VENDOR Cisco", "ATTRIBUTE N 7 tlv", "BEGIN-TLV N", "ATTRIBUTE M 256 string"),
    ("BEGIN-VENDOR Lucent parent=Extended-Vendor-Specific-1", "ATTRIBUTE M 256 string"),
    ("BEGIN-VENDOR Cisco", "ATTRIBUTE N 7 tlv", "BEGIN-TLV N", "END-TLV Class"),
)
"""Lines that radtune reads: a server that has them doesn't start."""
