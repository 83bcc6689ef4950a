"""Microsoft Intune device compliance for FreeRADIUS: what the server itself loads."""

__version__ = "0.1.0"
