"""A switch port on one machine: hostapd, a cable, and a laptop with wpa_supplicant."""
