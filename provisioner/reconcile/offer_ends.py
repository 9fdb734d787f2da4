"""Ends offers of stores to other owners whose time is over."""

from typing import NoReturn

from provisioner.reconcile.rounds import for_ever
from provisioner.storage.transfers import Transfers

_PAUSE_SECONDS = 300.0


class OfferEnds:
    """Ends what has run out, every five minutes.

    Nobody can accept an offer from the moment that it says. This only has it shown nowhere, and
    told in the store's history.
    """

    def __init__(self, transfers: Transfers) -> None:
        self._transfers = transfers

    async def run(self) -> NoReturn:
        """Do it again and again, for ever. A failure is only logged."""
        await for_ever(
            self.end_all,
            failure="offers_not_ended",
            soon_seconds=_PAUSE_SECONDS,
            pause_seconds=_PAUSE_SECONDS,
        )

    async def end_all(self) -> None:
        """End all offers whose time is over."""
        while await self._transfers.end_those_that_ran_out():
            pass
