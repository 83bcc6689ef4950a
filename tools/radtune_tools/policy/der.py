"""DER (X.690) as a certificate has it: values within values. Wrong bytes raise ValueError."""

from dataclasses import dataclass

from radtune.request.der import elements, read_oid

UTF8_STRING, IA5_STRING = 0x0C, 0x16


@dataclass(frozen=True, slots=True)
class Value:
    """One value: its tag as it stands in the first octet, and its content."""

    tag: int
    content: bytes

    def inner(self) -> "tuple[Value, ...]":
        """Return the values within; raises ValueError where they aren't DER."""
        found = elements(self.content)
        if found is None:
            raise ValueError("not DER")
        return tuple(Value(tag, content) for tag, content in found)


def read(data: bytes) -> Value:
    """Return the one value that the data holds; raises ValueError for anything else."""
    found = Value(0, data).inner()
    if len(found) != 1:
        raise ValueError("not one value")
    return found[0]


def object_id(content: bytes) -> str:
    """Return an object identifier with dots; raises ValueError where it is none."""
    text = read_oid(content)
    if not text:
        raise ValueError("not an object identifier")
    return text
