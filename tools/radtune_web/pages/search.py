"""A device, MAC or user found by a word."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from radtune.records.addresses import parse_mac
from radtune_web.pages.sources import Sources, sources

pages = Blueprint("search", __name__)
FEWEST = 3
"""Letters of a search: the index knows every three in a row."""
LONGEST = 100
MOST = 100
_DEVICES = """
SELECT device.id, name, user, serial, compliance, os FROM device_words JOIN device ON device.row = device_words.rowid
WHERE device_words MATCH ? LIMIT ?"""
_SESSIONS = """
SELECT key, mac, device, device_id, user, nas, granted FROM session
WHERE mac = ? OR user = ? COLLATE NOCASE OR device = ? COLLATE NOCASE ORDER BY device, mac LIMIT ?"""
_CLIENTS = """
SELECT DISTINCT word.text FROM (SELECT client FROM event WHERE user = (SELECT id FROM word WHERE text = ?)
ORDER BY n DESC LIMIT 1000) JOIN word ON word.id = client LIMIT ?"""


@pages.get("/search")
def search() -> str | Response:
    """Show what fits; the only device that does is shown itself."""
    asked = "".join(letter if letter.isprintable() else " " for letter in request.args.get("q", ""))
    word = " ".join(asked.split())[:LONGEST]
    mac = parse_mac(word)
    wanted = mac or word
    if len(wanted) < FEWEST:
        return render_template("search.html", word=word, short=bool(word), devices=[], sessions=[], clients=[], mac="")
    here = sources()
    devices = _devices(here, wanted)
    rows = here.index.rows(_SESSIONS, (wanted, word, word, MOST))
    sessions = [
        dict(zip(("key", "mac", "device", "device_id", "user", "nas", "granted"), row, strict=True)) for row in rows
    ]
    others = [each for each in sessions if not each["device_id"]]
    if len(devices) == 1 and not others:
        return redirect(url_for("device.device", name=devices[0]["id"]))
    if mac and not devices:
        return redirect(url_for("device.client", mac=mac))
    clients = [text for (text,) in here.index.rows(_CLIENTS, (word.lower(), MOST)) if text]
    return render_template(
        "search.html", word=word, short=False, devices=devices, sessions=sessions, clients=clients, mac=mac, most=MOST
    )


def _devices(here: Sources, wanted: str) -> list[dict[str, str]]:
    quoted = wanted.replace('"', '""')
    rows = here.index.rows(_DEVICES, (f'"{quoted}"', MOST + 1))
    names = ("id", "name", "user", "serial", "compliance", "os")
    return sorted((dict(zip(names, row, strict=True)) for row in rows), key=lambda each: (each["name"], each["id"]))
