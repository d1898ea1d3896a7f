"""Reading bills and corrective invoices line by line, over as many attempts as it takes.

OVHcloud shows each line by a call of its own, and a bill may have thousands. What was read is remembered after every
few calls, so the next attempt goes on where this one ended. Bills do not change once they are issued; should one have
other lines all the same, it is read anew.
"""

import asyncio
import base64
import json
import zlib
from collections.abc import Sequence
from datetime import datetime
from time import monotonic

from pydantic import Field, ValidationError

from unrack.contracts.domain_names import same_name
from unrack.model.base import Frozen
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import msg
from unrack.providers.base import Materials
from unrack.providers.ovhcloud.client import OvhApi
from unrack.providers.ovhcloud.schemas.services import Bill, BillLine

STRETCH = 40.0
"""Seconds that one attempt reads for: it ends by itself, before it is ended after a minute."""

_AT_ONCE = 4
"""How many lines are read side by side."""
_REMEMBERED_EVERY = 40
"""After how many lines what was read is remembered, or after a tenth more of them: all of it is packed each time."""
_SHORT_BREAK = 1.0
"""Seconds until the next attempt goes on."""
_MARK = "bills:"


class Document(Frozen):
    """A bill or corrective invoice, as far as it was read."""

    bill: Bill
    total: int = 0
    """How many lines it has."""
    last: str = ""
    """The id of the last line that was read, in the order of ids."""
    read: int = 0
    lines: tuple[BillLine, ...] = ()
    """Those of the service; what others cost is not this run's business."""
    whole: bool = False

    @property
    def others(self) -> int:
        """How many lines are not of the service."""
        return self.read - len(self.lines)


class _Remembered(Frozen):
    documents: dict[str, Document] = Field(default_factory=dict)


class Reader:
    """Reads documents for one look; several looks of one step may share what was read."""

    def __init__(self, api: OvhApi, name: str, materials: Materials) -> None:
        """Read lines of the service that bills call `name`, going on from what earlier attempts remembered."""
        self._api = api
        self._name = name
        self._remember = materials.remember
        self._documents = dict(_unpacked(materials.progress).documents)
        self._ends_at = monotonic() + STRETCH
        self._remembered_at = 0
        """How many lines of the document under way were read when they were remembered."""

    async def since(self, path: str, moment: datetime) -> list[Bill]:
        """The heads of what is listed at `path` and dated after `moment`, oldest first.

        Raises:
            UnrackError: ``NOT_YET``: there is more to read than one attempt can.
        """
        numbers = await self._api.get(path, list[str], **{"date.from": moment.isoformat(timespec="seconds")})
        bills = [await self._head(f"{path}/{number}", len(numbers)) for number in numbers]
        return sorted((bill for bill in bills if bill.date > moment), key=lambda bill: (bill.date, bill.bill_id))

    async def whole(self, path: str, bills: Sequence[Bill]) -> list[Document]:
        """Every line of `bills` that are listed at `path`.

        Raises:
            UnrackError: ``NOT_YET``: there is more to read than one attempt can.
        """
        return [await self._lines(f"{path}/{bill.bill_id}") for bill in bills]

    async def _head(self, path: str, among: int) -> Bill:
        if path not in self._documents:
            self._refuse_late(msg("{len} of {among} bills", len=len(self._documents), among=among))
            self._documents[path] = Document(bill=await self._api.get(path, Bill))
        return self._documents[path].bill

    async def _lines(self, path: str) -> Document:
        document = self._documents[path]
        if document.whole:
            return document
        ids = sorted(await self._api.get(f"{path}/details", list[str]))
        if document.total != len(ids) or (document.read and ids[document.read - 1] != document.last):
            document = Document(bill=document.bill, total=len(ids))
        while document.read < len(ids):
            self._refuse_late(
                msg(
                    "{read} of {len} lines of {bill_id}",
                    read=document.read,
                    len=len(ids),
                    bill_id=document.bill.bill_id,
                )
            )
            document = await self._some(path, document, ids[document.read : document.read + _REMEMBERED_EVERY])
            self._documents[path] = document
            if document.read - self._remembered_at >= max(_REMEMBERED_EVERY, document.read // 10):
                self._keep(document.read)
        self._documents[path] = document.model_copy(update={"whole": True})
        self._keep(0)
        return self._documents[path]

    async def _some(self, path: str, document: Document, ids: Sequence[str]) -> Document:
        side_by_side = asyncio.Semaphore(_AT_ONCE)

        async def read(number: str) -> BillLine:
            async with side_by_side:
                return await self._api.get(f"{path}/details/{number}", BillLine)

        lines = await asyncio.gather(*map(read, ids))
        ours = [line for line in lines if same_name(line.domain, self._name)]
        read_so_far = {"read": document.read + len(ids), "last": ids[-1], "lines": (*document.lines, *ours)}
        return document.model_copy(update=read_so_far)

    def _keep(self, read: int) -> None:
        self._remembered_at = read
        self._remember((_packed(_Remembered(documents=self._documents)),))

    def _refuse_late(self, so_far: str) -> None:
        if monotonic() < self._ends_at:
            return
        self._keep(0)
        problem = Problem(
            category=Category.NOT_YET,
            message=msg("OVHcloud shows each line of a bill by a call of its own: {so_far} read so far", so_far=so_far),
            suggestion=msg("it goes on where it was; give the step a longer timeout if that is not enough"),
        )
        raise UnrackError(problem, _SHORT_BREAK)


def _packed(remembered: _Remembered) -> str:
    """As one short text: lines are much alike, so thousands of them stay far below what a heartbeat may carry."""
    content = json.dumps(remembered.model_dump(mode="json"), separators=(",", ":")).encode()
    return _MARK + base64.b85encode(zlib.compress(content)).decode()


def _unpacked(progress: Sequence[str]) -> _Remembered:
    """Read the progress of an earlier attempt. Empty when there is none, or it is of another version."""
    text = next((each.removeprefix(_MARK) for each in progress if each.startswith(_MARK)), None)
    if text is None:
        return _Remembered()
    try:
        return _Remembered.model_validate_json(zlib.decompress(base64.b85decode(text)))
    except (ValueError, zlib.error, ValidationError):
        return _Remembered()
