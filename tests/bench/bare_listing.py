"""The baseline of P6: the same rows, read by the same statements, as JSON from a bare route."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from provisioner.storage.database import Database, Row, Transaction


def create_app(url: str) -> Starlette:
    database = Database(url)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await database.connect()
        yield
        await database.close()

    async def read(transaction: Transaction) -> tuple[list[Row], Row | None]:
        rows = await transaction.fetch_all(
            "SELECT * FROM stores WHERE status <> 'DELETED'"
            " ORDER BY created_at DESC, id DESC LIMIT 50"
        )
        count = "SELECT COUNT(*) AS stores FROM stores WHERE status <> 'DELETED'"
        return rows, await transaction.fetch_one(count)

    async def stores(_: Request) -> JSONResponse:
        rows, count = await database.read(read)
        total = count["stores"] if count else 0
        return JSONResponse({"totalCount": total, "stores": [dict(row) for row in rows]})

    return Starlette(lifespan=lifespan, routes=[Route("/stores", stores, methods=["POST"])])


if __name__ == "__main__":
    uvicorn.run(
        create_app(sys.argv[1]), port=int(sys.argv[2]), log_level="warning", access_log=False
    )
