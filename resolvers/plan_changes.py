"""Has the shops of stores given other plans."""

from typing import Annotated

import strawberry

from provisioner.storage.audit_log import AuditedAction
from resolvers import ids, mapping
from resolvers.context import Info
from resolvers.errors import require_caller
from schema.inputs import ChangePlanInput
from schema.payloads import ChangePlanPayload


@strawberry.type
class PlanMutation:
    """The mutation that changes the plan of shops."""

    @strawberry.mutation(
        description="Give the shop of a store that is READY or DEGRADED another plan, as"
        " `Store.planChanges` says before. It stays open; its parts start anew. CPU and memory"
        " change both ways, and volumes only grow: with a smaller plan they stay as large as they"
        " are. If the shop does not run with the plan, it gets the former one back by itself. The"
        " work goes on in the background: follow it with `storeStatus`."
    )
    async def change_plan(
        self,
        info: Info,
        input: Annotated[  # noqa: A002
            ChangePlanInput, strawberry.argument(description="The store, and the plan.")
        ],
        audit: AuditedAction,
    ) -> ChangePlanPayload:
        store = await info.context.platform.plan_changes.change(
            require_caller(info.context), ids.from_global_id(input.id), input.plan, audit=audit
        )
        return ChangePlanPayload(store=mapping.store(info.context, store), errors=[])
