"""Every diagram as files: what a person can open in ten years, without Cloudcraft.

Two archives are kept: the diagrams as data (JSON, with their budget as CSV) and as pictures (PNG, SVG, PDF). A large
account may take more than one attempt: fetched files stay with the adapter until the archive is whole, as long as
the diagram was not changed meanwhile.
"""

import asyncio
import io
import json
import re
import zipfile
from collections.abc import Iterable

from unrack.contracts.calls import StepCall
from unrack.model.errors import UnrackError
from unrack.model.message import msg
from unrack.providers.base import Captured, Materials, Record
from unrack.providers.cloudcraft.client import CloudcraftApi
from unrack.providers.cloudcraft.configuration import EVIDENCE, read_inventory
from unrack.providers.cloudcraft.schemas import Blueprints, BlueprintSummary

DATA = {"json": "", "csv": "/budget/csv"}
"""Files of a diagram as data, by ending: what follows its path."""

PICTURES = {"png": "/png", "svg": "/svg", "pdf": "/pdf"}
"""Files of a diagram as pictures, by ending: what follows its path."""

_LARGEST_ARCHIVE = 48 * 1024 * 1024
"""Bytes of one archive before packing; a larger account is kept in several."""

_NO_DATE = (1980, 1, 1, 0, 0, 0)
"""The same files make the same archive, whenever it is packed."""

Key = tuple[str, str, str]
"""Id of a diagram, when it was changed, ending of the file."""


class Fetched:
    """Files that earlier attempts fetched."""

    def __init__(self) -> None:
        self.files: dict[Key, bytes] = {}

    def forget(self, endings: Iterable[str]) -> None:
        """The archive of these is whole."""
        self.files = {key: content for key, content in self.files.items() if key[2] not in endings}


async def capture_inventory(api: CloudcraftApi, call: StepCall, _: Materials) -> Captured:
    """Members, diagrams and linked clouds, by name."""
    inventory = await read_inventory(api)
    name = f"inventory-{call.service.service}.json"
    record = Record(type=EVIDENCE, name=name, media_type="application/json", content=inventory.to_bytes())
    note = msg(
        "kept the list of {len} diagrams and {len2} linked clouds",
        len=len(inventory.blueprints),
        len2=len(inventory.clouds),
    )
    return Captured(records=(record,), note=note, clock=await api.clock())


class Exports:
    """Fetches and packs the diagrams of one account."""

    def __init__(self) -> None:
        self._fetched = Fetched()

    async def data(self, api: CloudcraftApi, _: StepCall, __: Materials) -> Captured:
        """Every diagram as JSON, which Cloudcraft can load again, with its budget as CSV."""
        return await self._archive(api, "blueprints", DATA)

    async def pictures(self, api: CloudcraftApi, _: StepCall, __: Materials) -> Captured:
        """Every diagram as PNG, SVG and PDF."""
        return await self._archive(api, "blueprint-images", PICTURES)

    async def _archive(self, api: CloudcraftApi, kind: str, endings: dict[str, str]) -> Captured:
        listed = (await api.get("/blueprint", Blueprints)).blueprints
        keys = [_key(item, ending) for item in listed for ending in endings]
        await self._fetch(api, keys, endings)
        files = {
            _file_name(item, key): self._fetched.files[key] for item in listed for key in keys if key[0] == item.id
        }
        self._fetched.forget(endings)
        records = tuple(_packed(kind, listed, files))
        note = msg(
            "kept {len} diagrams as {join}: {len2} files", len=len(listed), join=", ".join(endings), len2=len(files)
        )
        return Captured(records=records, note=note, clock=await api.clock())

    async def _fetch(self, api: CloudcraftApi, keys: list[Key], endings: dict[str, str]) -> None:
        """Fetch the missing files. A failure keeps those fetched so far, and the next attempt goes on from there."""
        missing = [key for key in keys if key not in self._fetched.files]
        fetching = (api.file(f"/blueprint/{key[0]}{endings[key[2]]}", key[2]) for key in missing)
        results = await asyncio.gather(*fetching, return_exceptions=True)
        failed: list[BaseException] = []
        for key, result in zip(missing, results, strict=True):
            if isinstance(result, BaseException):
                failed.append(result)
            else:
                self._fetched.files[key] = result
        if failed:
            raise next((error for error in failed if not isinstance(error, UnrackError)), failed[0])


def _packed(kind: str, listed: tuple[BlueprintSummary, ...], files: dict[str, bytes]) -> Iterable[Record]:
    """Archives of at most `_LARGEST_ARCHIVE`, each with the whole list of diagrams."""
    index = json.dumps([item.model_dump(mode="json") for item in listed], indent=2, ensure_ascii=False).encode()
    parts: list[dict[str, bytes]] = [{"index.json": index}]
    for name, content in sorted(files.items()):
        if sum(map(len, parts[-1].values())) + len(content) > _LARGEST_ARCHIVE:
            parts.append({"index.json": index})
        parts[-1][name] = content
    for number, part in enumerate(parts, start=1):
        name = f"{kind}.zip" if len(parts) == 1 else f"{kind}-{number}-of-{len(parts)}.zip"
        yield Record(type=kind, name=name, media_type="application/zip", content=_zipped(part))


def _zipped(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name, _NO_DATE), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _key(item: BlueprintSummary, ending: str) -> Key:
    return item.id, item.updated_at.isoformat() if item.updated_at else "", ending


def _file_name(item: BlueprintSummary, key: Key) -> str:
    """A name that a person recognises and every file system takes; the id keeps it unique."""
    readable = re.sub(r"[^\w-]+", "-", item.name).strip("-")[:60] or "diagram"
    suffix = "budget.csv" if key[2] == "csv" else key[2]
    return f"{readable}-{item.id}.{suffix}"
