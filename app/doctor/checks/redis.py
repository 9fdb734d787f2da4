"""Asks Redis whether it answers, where replicas count together in one."""

from app.doctor.findings import Finding, failed, ok, skipped
from app.doctor.installation import Installation

_SECONDS = 4.0


async def check_redis(installation: Installation) -> Finding:
    url = installation.settings.rate_limit_storage
    if url.startswith("memory://"):
        return skipped("Each replica counts rates by itself.")
    # Imported here, as in ``limits.counting``: the import takes a while, and few need it.
    from coredis import Redis  # noqa: PLC0415 - see above
    from coredis.exceptions import RedisError  # noqa: PLC0415 - see above
    from coredis.retry import NoRetryPolicy  # noqa: PLC0415 - see above

    client = Redis.from_url(
        url, connect_timeout=_SECONDS, stream_timeout=_SECONDS, retry_policy=NoRetryPolicy()
    )
    try:
        await client.ping()
    except (RedisError, OSError, TimeoutError) as error:
        words = str(error) or type(error).__name__
        return failed(
            f"Redis does not answer ({words}): each replica counts rates by itself.",
            "Mend STORE_PLATFORM_RATE_LIMIT_STORAGE, or the server.",
        )
    finally:
        client.connection_pool.disconnect()
    return ok("Redis answers.")
