"""Lines of dictionaries that FreeRADIUS reads, and lines with which it doesn't start.

Each stands behind HEAD. What is said of the refused ones is radtune's word for it.
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
    (("ATTRIBUTE",), "the rest of the line is missing"),
    (("ATTRIBUTE X 300",), "a name, a number, a type"),
    (("ATTRIBUTE X 300 string has_tag more",), "a name, a number, a type"),
    (("ATTRIBUTE X abc string",), "abc is not a number"),
    (("ATTRIBUTE X 1_0 string",), "1_0 is not a number"),
    (("ATTRIBUTE X -5 string",), "-5 is not a number"),
    (("ATTRIBUTE X 300 strong",), "unknown type strong"),
    (("ATTRIBUTE X 300 octets[0]",), "from 1 to 253"),
    (("ATTRIBUTE X 300 octets[254]",), "from 1 to 253"),
    (("ATTRIBUTE X 300 string Nobody",), "unknown vendor Nobody"),
    (("ATTRIBUTE X 300 string has_tag,shiny",), "unknown flag shiny"),
    (("ATTRIBUTE X 300 ipaddr has_tag",), "can't have a tag"),
    (("ATTRIBUTE X 300 string concat",), "concat is for"),
    (("ATTRIBUTE X 300 octets encrypt=1",), "encrypt=1 is for"),
    (("ATTRIBUTE X 300 octets encrypt=3",), "encrypt=3 is for"),
    (("ATTRIBUTE X 300 octets array",), "array is for"),
    (("ATTRIBUTE X 200 string virtual",), "virtual is for"),
    (("ATTRIBUTE X 300 octets[4] concat",), "has no other flags"),
    (("ATTRIBUTE X 300 octets[4] encrypt=2",), "has no other flags"),
    (("ATTRIBUTE X 241.7 octets[4]",), "has no flags"),
    (("ATTRIBUTE X 0 string",), "out of range"),
    (("ATTRIBUTE X 240 extended",), "from 241 on"),
    (("ATTRIBUTE X 241.5 evs",), "has the number 26"),
    (("ATTRIBUTE X 241.5 integer has_tag",), "has no flags"),
    (("ATTRIBUTE X 25.1 string",), "can't have attributes inside"),
    (("ATTRIBUTE X 241.256 string",), "out of range"),
    (("ATTRIBUTE Filter-Id 12 string",), "another attribute already"),
    (("ATTRIBUTE Filter(Id) 12 string",), "can't be the name"),
    (("ATTRIBUTE Attr-12 12 string",), "can't be the name"),
    ((f"ATTRIBUTE {'X' * 128} 12 string",), "can't be the name"),
    (("ATTRIBUTE X 26.77.1.1 string",), "unknown vendor 77"),
    (("ATTRIBUTE X 26.9.1.2 string",), "not a tlv"),
    (("BEGIN-VENDOR Lucent", "ATTRIBUTE X 1 tlv"), "no room for TLVs"),
    (("VALUE Filter-Id X 1",), "of type string, which can't have the value"),
    (("VALUE Class X",), "an attribute, a name and a number"),
    (("VALUE Class X one",), "one is not a number"),
    (("VALUE Nowhere X 1",), "unknown attribute Nowhere"),
    (("VENDOR Cisco 10",), "has the number 9 already"),
    (("VENDOR New 16777216",), "too large"),
    (("VENDOR New 10 format=3,1",), "not a format"),
    (("VENDOR New 10 format=2,1,c",), "not a format"),
    (("VENDOR New",), "a name, a number and perhaps a format"),
    (("BEGIN-VENDOR Nobody",), "unknown vendor Nobody"),
    (("BEGIN-VENDOR Cisco format=Class",), "an attribute of type evs"),
    (("BEGIN-VENDOR Cisco shape=Extended-Vendor-Specific-1",), "an attribute of type evs"),
    (("END-VENDOR Cisco",), "without its BEGIN-VENDOR"),
    (("BEGIN-TLV Class",), "not a tlv"),
    (("END-TLV Class",), "without its BEGIN-TLV"),
    (("$INCLUDE nowhere",), "there is no file"),
    (("# " + "x" * 254,), "longer than 255"),
    (("ATTRIBUTE X 26.9.250 string",), "inside of BEGIN-VENDOR"),
    (("ATTRIBUTE X 241.26.9.5 string",), "inside of BEGIN-VENDOR"),
    (("BEGIN-VENDOR Cisco", "END-VENDOR Lucent"), "without its BEGIN-VENDOR"),
    (("BEGIN-VENDOR Cisco", "ATTRIBUTE X 256 string"), "out of range"),
    (("BEGIN-VENDOR Cisco", "ATTRIBUTE X 1 string Cisco"), "unknown flag Cisco"),
    (("BEGIN-VENDOR Cisco", "ATTRIBUTE X 1 octets concat"), "concat is for"),
    (("BEGIN-VENDOR Cisco", "ATTRIBUTE X 1 string virtual"), "virtual is for"),
    (("BEGIN-VENDOR Lucent", "ATTRIBUTE X 0 string"), "out of range"),
    (("ATTRIBUTE N 3001 integer", "VALUE N One 1", "VALUE N one 2"), "has a value named one already: 1"),
    (("ATTRIBUTE N 3001 byte", "VALUE N One 256"), "can't have the value 256"),
    (("BEGIN-VENDOR Cisco", "ATTRIBUTE N 7 tlv", "BEGIN-TLV N", "ATTRIBUTE M 256 string"), "out of range"),
    (("BEGIN-VENDOR Lucent parent=Extended-Vendor-Specific-1", "ATTRIBUTE M 256 string"), "out of range"),
    (("BEGIN-VENDOR Cisco", "ATTRIBUTE N 7 tlv", "BEGIN-TLV N", "END-TLV Class"), "without its BEGIN-TLV"),
)
