"""The Debian packages: built, then tried in a clean root of Debian beside stock FreeRADIUS."""
