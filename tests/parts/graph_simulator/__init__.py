"""An HTTPS server that behaves as Microsoft's sign-in host and Graph do towards a client of managed devices."""

from parts.graph_simulator.app import READ_DEVICES, App
from parts.graph_simulator.devices import UnknownDeviceError
from parts.graph_simulator.fleet import fleet
from parts.graph_simulator.managed_device import InvalidDeviceError
from parts.graph_simulator.process import SimulatorProcess
from parts.graph_simulator.requests_seen import SeenRequest
from parts.graph_simulator.simulator import Simulator

__all__ = [
    "READ_DEVICES",
    "App",
    "InvalidDeviceError",
    "SeenRequest",
    "Simulator",
    "SimulatorProcess",
    "UnknownDeviceError",
    "fleet",
]
