"""Text from elsewhere, made fit for a log or a terminal."""


def printable(text: str) -> str:
    """Return the text with what can't be printed as escapes: names come from devices that nobody vouches for."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in text
    )
