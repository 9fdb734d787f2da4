"""Offers of a store to another owner, who accepts it or not.

Nobody can look up who there is: an offer names its taker by a text, and is kept whoever that is. It
is open to a caller whom that text means. So an offer to a name that nobody has looks like any
other, and is never accepted.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from provisioner.domain.identities import Identity
from provisioner.domain.owners import Owner

OFFER_LASTS = timedelta(days=7)
"""How long an offer is open."""

MOST_OFFERS = 100
"""The most offers that one taker is shown, the newest ones."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A store that is offered to another owner.

    ``to`` is the taker's unique name at ``to_source``. ``to_email`` is the same text in small
    letters if it is an e-mail address: then whoever the issuer says has it is meant too. ``by`` has
    offered the store.
    """

    to: str
    to_source: str
    to_email: str | None
    by: Owner
    offered_at: datetime
    ends_at: datetime

    @property
    def taker_key(self) -> str:
        """The key of the owner with the unique name; see ``Owner.key``."""
        return Owner(self.to_source, self.to).key

    def is_for(self, caller: Identity) -> bool:
        """Whether the offer is to this caller."""
        if self.taker_key == caller.owner.key:
            return True
        return caller.proven_email is not None and self.to_email == caller.proven_email

    def is_open(self, now: datetime) -> bool:
        """Whether it can still be accepted."""
        return now < self.ends_at
