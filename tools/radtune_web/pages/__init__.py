"""The pages: one file a subject, each a blueprint.

May import: access, index, view.
Begin with: overview.py.
"""
