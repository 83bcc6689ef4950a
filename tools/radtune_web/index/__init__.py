"""The page's own index: events, devices and sessions, kept so that every page is quick; rebuilt at will.

May import: nothing.
Begin with: feeder.py.
"""
