"""Services for the storm."""

from tests.e2e.conftest import new_service

__all__ = ["new_service"]
