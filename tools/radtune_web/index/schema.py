"""The tables of the index."""

VERSION = 2
FILE = "index.db"
SCHEMA = """
CREATE TABLE word(id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE event(n INTEGER PRIMARY KEY, at REAL NOT NULL, id TEXT NOT NULL, kind INTEGER NOT NULL,
    client INTEGER NOT NULL, device INTEGER NOT NULL, user INTEGER NOT NULL, nas INTEGER NOT NULL,
    site INTEGER NOT NULL, rule INTEGER NOT NULL, compliance INTEGER NOT NULL, line TEXT NOT NULL);
CREATE INDEX event_at ON event(at);
CREATE INDEX event_kind ON event(kind);
CREATE INDEX event_client ON event(client);
CREATE INDEX event_device ON event(device);
CREATE INDEX event_user ON event(user);
CREATE INDEX event_nas ON event(nas);
CREATE INDEX event_site ON event(site);
CREATE INDEX event_rule ON event(rule);
CREATE INDEX event_compliance ON event(compliance);
CREATE TABLE hourly(hour INTEGER, kind TEXT, outcome TEXT, rule TEXT, site TEXT, n INTEGER NOT NULL,
    PRIMARY KEY(hour, kind, outcome, rule, site)) WITHOUT ROWID;
CREATE TABLE enforcement(hour INTEGER, bucket INTEGER, n INTEGER NOT NULL, PRIMARY KEY(hour, bucket)) WITHOUT ROWID;
CREATE TABLE fleet(at INTEGER, tenant TEXT, compliance TEXT, n INTEGER NOT NULL,
    PRIMARY KEY(at, tenant, compliance)) WITHOUT ROWID;
CREATE TABLE device(row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, seal TEXT NOT NULL, name TEXT NOT NULL,
    user TEXT NOT NULL, serial TEXT NOT NULL, compliance TEXT NOT NULL, os TEXT NOT NULL, tenant TEXT NOT NULL);
CREATE INDEX device_name ON device(name COLLATE NOCASE);
CREATE VIRTUAL TABLE device_words USING fts5(words, tokenize = 'trigram');
CREATE TABLE session(key TEXT PRIMARY KEY, mac TEXT, device TEXT, device_id TEXT, user TEXT, nas TEXT, site TEXT,
    port TEXT, ssid TEXT, auth_type TEXT, granted TEXT, rule TEXT, compliance TEXT, since REAL, seen REAL,
    wanted TEXT, move TEXT) WITHOUT ROWID;
CREATE INDEX session_place ON session(site, nas, device);
CREATE INDEX session_nas ON session(nas, site, device);
CREATE INDEX session_compliance ON session(compliance, site, nas, device);
CREATE INDEX session_granted ON session(granted, site, nas, device);
CREATE INDEX session_moving ON session(site, nas, device) WHERE (wanted <> '' OR move <> '');
CREATE INDEX session_mac ON session(mac);
CREATE INDEX session_device ON session(device COLLATE NOCASE);
CREATE INDEX session_device_id ON session(device_id);
CREATE INDEX session_user ON session(user COLLATE NOCASE);
CREATE TABLE snapshot(name TEXT PRIMARY KEY, at REAL NOT NULL, value TEXT NOT NULL) WITHOUT ROWID;
"""
