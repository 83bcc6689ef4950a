"""settings.yaml changed, and the rest of it left as it was; clients.conf taken over.

May import: radclient.
Begin with: settings_file.py.
"""
