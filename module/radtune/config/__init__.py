"""settings.yaml, policy.yaml and NAS profiles, read and checked: every error at once, with file, line and key.

May import: dictionary, policy, records, request.
Begin with: settings.py.
"""
