"""The web part: phones and the notes on them, for one customer a request.

Who the customer is, an authenticating proxy says in the header ``X-Customer``. A handler cannot forget to ask whose
data it is: it is handed that customer's scope, and no other.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Annotated
from uuid import UUID

from fastapi import Body, Depends, FastAPI, Header, Request
from fastapi.responses import JSONResponse

from fleet import notes
from fleet.notes import Note
from tenantstore import AsyncStore
from tenantstore.errors import CustomerNotActive, InvalidParameter, NotAllowed, NotFound
from tenantstore.repositories import devices
from tenantstore.store import AsyncTenantScope


def create_app(dsn: str | None = None) -> FastAPI:
    """The application; without a DSN, on the database of ``$TENANTSTORE_DSN``."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncStore.open(dsn) as store:
            app.state.store = store
            yield

    app = FastAPI(lifespan=lifespan)
    app.add_exception_handler(NotFound, _answer(404))
    app.add_exception_handler(CustomerNotActive, _answer(403))
    app.add_exception_handler(InvalidParameter, _answer(422))
    app.add_exception_handler(NotAllowed, _refuse_value)
    app.get("/phones")(list_phones)
    app.get("/phones/{device_id}/notes")(list_notes)
    app.post("/phones/{device_id}/notes", status_code=201)(create_note)
    return app


def customer(request: Request, x_customer: Annotated[UUID, Header()]) -> AsyncTenantScope:
    """The scope of whoever asks."""
    store: AsyncStore = request.app.state.store
    return store.tenant(x_customer)


Customer = Annotated[AsyncTenantScope, Depends(customer)]


async def list_phones(who: Customer) -> list[str]:
    """The names of the phones that are theirs or shared with them."""
    return [device.name for device in await who.run(devices.list_by_customer(who.customer_id))]


async def list_notes(who: Customer, device_id: UUID) -> list[Note]:
    return await who.run(notes.list_by_device_for_customer(device_id, who.customer_id))


async def create_note(who: Customer, device_id: UUID, body: Annotated[str, Body(embed=True)]) -> Note:
    return await who.run(notes.create_for_customer(device_id, who.customer_id, body))


async def _refuse_value(request: Request, error: Exception) -> JSONResponse:
    # A CHECK of the table, here that a note is not empty. Every other NotAllowed is this program's mistake.
    if not (isinstance(error, NotAllowed) and error.value_refused):
        raise error
    return await _answer(422)(request, error)


def _answer(status: int) -> Callable[[Request, Exception], Awaitable[JSONResponse]]:
    async def answer(_request: Request, error: Exception) -> JSONResponse:
        # The library's errors carry nothing of anybody else's row.
        return JSONResponse({"detail": type(error).__name__}, status)

    return answer
