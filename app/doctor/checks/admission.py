"""Tries, in a dry run, what the admission policy of the platform's chart forbids its account."""

from app.doctor.findings import Finding, ok, skipped, warning
from app.doctor.installation import Installation
from provisioner.domain.errors import ClusterRejectedError

_DRY_RUN = [("dryRun", "All")]


async def check_admission(installation: Installation) -> Finding:
    """Make a namespace that is no store's, in a dry run.

    To be asked for the policy would take a right that the account has not; whether it is refused
    also tells that the policy is bound, and meant for this account.
    """
    if installation.settings.store_role is None:
        return skipped(
            "The account has its rights everywhere (STORE_PLATFORM_STORE_ROLE is unset)."
        )
    body = {"metadata": {"name": installation.shop_name}}
    try:
        await installation.api.call("POST", "/api/v1/namespaces", query=_DRY_RUN, body=body)
    except ClusterRejectedError as error:
        if "ValidatingAdmissionPolicy" in error.words:
            return ok("An admission policy keeps the account to the stores' namespaces.")
        return skipped("Whether an admission policy is bound is not known: see rights.")
    return warning(
        "No admission policy keeps the account to the stores' namespaces: who steals it can read"
        " every Secret of the cluster.",
        "Install the policy of charts/store-platform (serviceAccount.onlyInStores), with its"
        " binding.",
    )
