"""The mail server that shops send through, as the operator has set it."""

from dataclasses import dataclass, field
from enum import StrEnum

from provisioner.domain.stores import Store


class MailSecurity(StrEnum):
    """How a connection to the mail server is encrypted; the values are those of the charts.

    TLS is from the first byte, STARTTLS is asked for after the greeting (RFC 8314).
    """

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class MailServer:
    """A mail server, how to get in, and who a shop's mail is from.

    ``sender`` is a pattern for the address, such as ``{name}@shops.example.com``; ``{name}`` and
    ``{host}`` are the store's. None leaves it to the engine's chart. Without a ``username`` the
    shops do not say who they are.
    """

    host: str
    port: int
    security: MailSecurity
    sender: str | None = None
    username: str | None = None
    password: str = field(default="", repr=False)

    @property
    def credentials(self) -> dict[str, str]:
        """What a shop's Secret holds; empty if the server does not ask who is there."""
        if self.username is None:
            return {}
        return {"username": self.username, "password": self.password}

    def sender_for(self, store: Store) -> str:
        """Return the address that a shop's mail comes from; empty for the chart's own choice."""
        return (self.sender or "").format(name=store.name, host=store.host)
