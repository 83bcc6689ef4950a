"""An account linked: consent, a proof, its file in settings.d.

May import: graph, settings_edit.
Begin with: link_entry.py.
"""
