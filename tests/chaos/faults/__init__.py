"""The faults there are, in the order in which they are tried. A module has one kind of them."""

from tests.chaos.faults.beside import Desk, Relay
from tests.chaos.faults.database import Database
from tests.chaos.faults.flood import FloodOfCalls
from tests.chaos.faults.forward import Forward
from tests.chaos.faults.hang import Hang
from tests.chaos.faults.kill import Kill
from tests.chaos.faults.standby import Standby
from tests.chaos.faults.stop import Stop
from tests.chaos.run import Fault

FAULTS: dict[str, type[Fault]] = {
    fault.name: fault for fault in (Kill, Desk, Relay, Hang, Standby, Stop, FloodOfCalls, Forward, Database)
}
