"""Paynow's side of the wire, for development and tests: `PaynowSimulator`, or `python -m paynow_integration.simulator`.

Built from Paynow's documentation and from messages seen in public code; what neither says is marked "assumed". It shares
only the signature with the code it judges. No money moves here.
"""

from paynow_integration.simulator.clock import DrivenClock, RealClock
from paynow_integration.simulator.faults import Fault
from paynow_integration.simulator.records import Integration, Manners, Transaction, Update, Wallet
from paynow_integration.simulator.server import PaynowSimulator

__all__ = ["DrivenClock", "Fault", "Integration", "Manners", "PaynowSimulator", "RealClock", "Transaction", "Update", "Wallet"]
