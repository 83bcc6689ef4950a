"""A server that behaves as Microsoft's sign-in host and Graph do towards a client of managed devices."""

from parts.graph_simulator.app import READ_DEVICES, App
from parts.graph_simulator.assertion import FederatedCredential
from parts.graph_simulator.devices import UnknownDeviceError
from parts.graph_simulator.directory import InvalidEntraDeviceError, UnknownEntraDeviceError
from parts.graph_simulator.fault import InvalidFaultError
from parts.graph_simulator.fault_plan import FaultState
from parts.graph_simulator.fleet import fleet
from parts.graph_simulator.managed_device import InvalidDeviceError
from parts.graph_simulator.process import SimulatorProcess
from parts.graph_simulator.requests_seen import SeenRequest
from parts.graph_simulator.roles import READ_DIRECTORY
from parts.graph_simulator.setup import TenantSetup
from parts.graph_simulator.simulator import Simulator
from parts.graph_simulator.tenant import Tenant

__all__ = [
    "READ_DEVICES",
    "READ_DIRECTORY",
    "App",
    "FaultState",
    "FederatedCredential",
    "InvalidDeviceError",
    "InvalidEntraDeviceError",
    "InvalidFaultError",
    "SeenRequest",
    "Simulator",
    "SimulatorProcess",
    "Tenant",
    "TenantSetup",
    "UnknownDeviceError",
    "UnknownEntraDeviceError",
    "fleet",
]
