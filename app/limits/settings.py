"""The settings of all limits on callers. ``app.settings.Settings`` inherits them."""

from dataclasses import dataclass
from typing import Annotated

import limits
from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.limits.concurrency import ConcurrencyLimiter
from app.limits.documents import DocumentLimits
from app.limits.half_open import HalfOpen
from app.limits.rates import RateLimiter, RateLimitSettings
from app.limits.sockets import SocketLimits
from app.limits.turns import Turns


def _rate(text: str) -> str:
    limits.parse(text)  # raises ValueError
    return text


def _storage_url(url: str) -> str:
    if not url.startswith(("memory://", "redis://", "rediss://")):
        raise ValueError("must begin with memory://, redis:// or rediss://")
    return url


Rate = Annotated[str, AfterValidator(_rate)]

SIGN_INS_AT_A_TIME = 4
"""How many tokens of one address are looked up in the database at a time; the others wait."""


@dataclass(frozen=True, slots=True)
class Limits:
    """All limits of one service, with the counters for them."""

    documents: DocumentLimits
    operation_seconds: float
    sockets: SocketLimits
    connections: ConcurrencyLimiter
    half_open: HalfOpen
    sign_ins: Turns
    subscriptions: ConcurrencyLimiter
    rates: RateLimiter


class LimitSettings(BaseSettings):
    """How much one request, one connection and one caller may ask for."""

    model_config = SettingsConfigDict(env_prefix="STORE_PLATFORM_", frozen=True, extra="ignore")

    max_query_tokens: int = Field(1000, ge=1, description="Tokens in one GraphQL document.")
    max_query_depth: int = Field(10, ge=1, description="Fields within fields, introspection apart.")
    max_introspection_depth: int = Field(
        20, ge=1, description="Fields within fields under `__schema` and `__type`."
    )
    max_query_aliases: int = Field(
        15,
        ge=0,
        description="Aliases in one operation; those in a fragment count each time it is spread.",
    )
    max_query_repetitions: int = Field(
        30, ge=1, description="How often one document may select fields under the same name."
    )
    max_query_cost: int = Field(
        25_000,
        ge=1,
        description="Fields that one operation may answer with, when each list is as long as its"
        " `first` allows; a page of 100 stores with every detail has about 19,000.",
    )
    introspection: bool = Field(
        default=True, description="Whether clients may read the GraphQL schema from the service."
    )

    max_request_bytes: int = Field(
        100_000, ge=1000, description="Bytes in the body of a request, or in a websocket message."
    )
    request_timeout_seconds: float = Field(
        10, gt=0, description="How long the body of a request may take to arrive."
    )
    operation_timeout_seconds: float = Field(
        10,
        gt=0,
        description="How long a query or mutation may take before its caller gets an error.",
    )
    sign_in_timeout_seconds: float = Field(
        5, gt=0, description="How long a websocket may stay open before it signs in."
    )
    send_timeout_seconds: float = Field(
        20, gt=0, description="How long a websocket's peer may not read before it is dropped."
    )
    max_subscriptions_per_connection: int = Field(
        100, ge=1, description="Operations under way at a time on one websocket."
    )
    max_subscriptions_per_caller: int = Field(
        500, ge=1, description="Subscriptions open at a time on all connections of a caller."
    )
    max_connections_per_caller: int = Field(
        50, ge=1, description="Websockets open at a time for one caller."
    )
    mutation_rate_per_caller: Rate = Field(
        "120/minute", description="How many mutations one caller may ask for."
    )
    mutation_rate_per_address: Rate = Field(
        "600/minute", description="How many mutations may come from one address (an IPv6 /64)."
    )
    failed_sign_in_rate: Rate = Field(
        "20/minute",
        description="How many sign-ins from one address may fail before further failures are"
        " answered with RATE_LIMITED. Valid tokens still sign in from there.",
    )
    introspection_rate: Rate = Field(
        "20/minute",
        description="How often one caller may ask for the GraphQL schema by a query that was not"
        " answered lately; a query that was does not count.",
    )
    anonymous_operation_rate: Rate = Field(
        "120/minute",
        description="How many GraphQL requests without a sign-in may come from one address. Those"
        " that bring a good sign-in code are counted by the code.",
    )
    anonymous_page_rate: Rate = Field(
        "1200/minute",
        description="How many pages and files one address may ask for without a sign-in.",
    )
    max_waiting_connections: int = Field(
        2000,
        ge=1,
        description="Websockets of one address that may be open before they sign in; beyond it the"
        " one that has waited longest is closed.",
    )
    rate_limit_storage: Annotated[str, AfterValidator(_storage_url)] = Field(
        "memory://",
        description="Where these counts are kept: `memory://`, each replica by itself, or"
        " `redis://[:password@]host:port` (or `rediss://`), all replicas together.",
    )

    def usage_limits(self) -> Limits:
        """Return the limits, with new counters."""
        return Limits(
            documents=DocumentLimits(
                tokens=self.max_query_tokens,
                depth=self.max_query_depth,
                introspection_depth=self.max_introspection_depth,
                aliases=self.max_query_aliases,
                repetitions=self.max_query_repetitions,
                cost=self.max_query_cost,
                introspection=self.introspection,
            ),
            operation_seconds=self.operation_timeout_seconds,
            sockets=SocketLimits(
                operations=self.max_subscriptions_per_connection,
                sign_in_timeout_seconds=self.sign_in_timeout_seconds,
                send_timeout_seconds=self.send_timeout_seconds,
            ),
            connections=ConcurrencyLimiter(self.max_connections_per_caller),
            half_open=HalfOpen(self.max_waiting_connections),
            sign_ins=Turns(SIGN_INS_AT_A_TIME),
            subscriptions=ConcurrencyLimiter(self.max_subscriptions_per_caller),
            rates=RateLimiter(
                RateLimitSettings(
                    mutations_of_caller=self.mutation_rate_per_caller,
                    mutations_of_address=self.mutation_rate_per_address,
                    failed_sign_ins=self.failed_sign_in_rate,
                    introspections_of_caller=self.introspection_rate,
                    anonymous_operations=self.anonymous_operation_rate,
                    anonymous_requests=self.anonymous_page_rate,
                    storage=self.rate_limit_storage,
                )
            ),
        )
