"""What a caller's role allows, apart from which stores are theirs."""

from provisioner.domain.codes import RefusalCode
from provisioner.domain.errors import Refusal, RefusedError
from provisioner.domain.identities import Identity, Role


def require_operator(caller: Identity) -> None:
    """Raise RefusedError (FORBIDDEN) for a caller who may only look."""
    if caller.role is Role.VIEWER:
        raise RefusedError(
            Refusal(
                RefusalCode.FORBIDDEN, "Your role is viewer; ask an admin for the operator role."
            )
        )


def require_admin(caller: Identity, message: str) -> None:
    """Raise RefusedError (FORBIDDEN), with this message, for a caller who is no admin."""
    if caller.role is not Role.ADMIN:
        raise RefusedError(Refusal(RefusalCode.FORBIDDEN, message))
