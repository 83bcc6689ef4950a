"""Files of settings.d written and removed; the clients of clients.conf taken over.

May import: raddb_edit, radclient.
Begin with: settings_file.py.
"""
