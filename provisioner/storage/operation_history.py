"""Adds the operations that replicas of an older version did, and did not record.

Such a version only numbered its work on a store and its steps. So the kind of an operation and how
it ended are told from its steps and, for the latest one, from the store. Nobody knows who asked.
"""

from provisioner.storage.database import Transaction, Transactions

# The times come from the steps. Only those of the first operation can have been before its first
# step: the store was created then.
_ADD = """
    INSERT INTO operations (store_id, number, kind, status, asked_by_name, parameters,
                            reason_code, reason_message, queued_at, started_at, finished_at)
    SELECT id, attempt, kind, status, '', '{}',
           CASE WHEN has_reason = 1 THEN reason_code END,
           CASE WHEN has_reason = 1 THEN reason_message END,
           queued_at, started_at,
           CASE WHEN status IN ('QUEUED', 'RUNNING') THEN NULL ELSE finished_at END
    FROM (
        SELECT told.*,
               CASE WHEN is_latest = 1 AND (status = 'FAILED' OR is_delete = 1)
                    THEN 1 ELSE 0 END AS has_reason,
               CASE WHEN is_delete = 1 THEN 'DELETE' WHEN attempt = 1 THEN 'CREATE'
                    ELSE 'RETRY' END AS kind
        FROM (
            SELECT found.*,
                   CASE
                       WHEN is_delete = 1 AND is_latest = 0 THEN 'CANCELLED'
                       WHEN is_delete = 1 AND store_status = 'DELETED' THEN 'SUCCEEDED'
                       WHEN is_delete = 1 AND started_at IS NULL THEN 'QUEUED'
                       WHEN is_delete = 1 THEN 'RUNNING'
                       WHEN is_latest = 1 AND store_status IN ('QUEUED', 'PROVISIONING')
                            AND target = 'READY' AND started_at IS NULL THEN 'QUEUED'
                       WHEN is_latest = 1 AND store_status IN ('QUEUED', 'PROVISIONING')
                            AND target = 'READY' THEN 'RUNNING'
                       WHEN failed > 0 THEN 'FAILED'
                       WHEN interrupted > 0 THEN 'CANCELLED'
                       ELSE 'SUCCEEDED'
                   END AS status
            FROM (
                SELECT stores.id, stores.status AS store_status, stores.target,
                       stores.reason_code, stores.reason_message, steps.attempt,
                       CASE WHEN steps.attempt = stores.attempt THEN 1 ELSE 0 END AS is_latest,
                       MAX(CASE WHEN steps.name IN ('HELM_UNINSTALL', 'NAMESPACE_GONE')
                           THEN 1 ELSE 0 END) AS is_delete,
                       SUM(CASE WHEN steps.status = 'FAILED' THEN 1 ELSE 0 END) AS failed,
                       SUM(CASE WHEN steps.status IN ('PENDING', 'RUNNING')
                           OR steps.message = 'Interrupted.' THEN 1 ELSE 0 END) AS interrupted,
                       CASE WHEN steps.attempt = 1 THEN stores.created_at
                           ELSE COALESCE(MIN(steps.started_at), MIN(steps.finished_at),
                                         stores.updated_at) END AS queued_at,
                       MIN(steps.started_at) AS started_at,
                       COALESCE(MAX(steps.finished_at), stores.updated_at) AS finished_at
                FROM steps JOIN stores ON stores.id = steps.store_id
                LEFT JOIN operations ON operations.store_id = steps.store_id
                                     AND operations.number = steps.attempt
                WHERE operations.number IS NULL
                GROUP BY stores.id, steps.attempt
            ) AS found
        ) AS told
    ) AS named
"""
_END = """
    UPDATE operations SET status = 'CANCELLED', finished_at = (
        SELECT updated_at FROM stores WHERE stores.id = operations.store_id
    )
    WHERE status IN ('QUEUED', 'RUNNING')
    AND number < (SELECT attempt FROM stores WHERE stores.id = operations.store_id)
"""


async def complete_history(database: Transactions) -> None:
    """Add the missing operations of all stores, and end those that an unrecorded one followed."""

    async def work(transaction: Transaction) -> None:
        # Ended first, because a store can have only one operation that is under way.
        await transaction.execute(_END)
        await transaction.execute(_ADD)

    await database.transact(work)
