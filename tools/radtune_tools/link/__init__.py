"""An account linked: consent, a proof, its entry in settings.yaml.

May import: graph, settings_edit.
Begin with: link_entry.py.
"""
