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
