"""The simulator as a process of its own: ``python -m unrack.simulator --data DIR [--port N] [--scale S] [--seed …]``.

Prints its address as the first line. ``--seed`` takes ``demo`` (every product) or JSON with the fields of `Seed`; a
folder that holds a world already goes on with it.
"""

import asyncio
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from unrack.simulator import credentials_file
from unrack.simulator.seeds import MOST, Seed, demo
from unrack.simulator.server import Simulator


def main(  # noqa: PLR0913, PLR0917  one argument per option
    data: Annotated[Path, typer.Option(help="Folder of the provider's world; made when absent.")],
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 for a free one.")] = 0,
    scale: Annotated[float | None, typer.Option(help="Provider seconds per real second.")] = None,
    seed: Annotated[str, typer.Option(help="'demo', or JSON with the fields of a seed.")] = "demo",
    services: Annotated[int, typer.Option(min=1, max=MOST, help="With 'demo': services of each product.")] = 1,
    credentials: Annotated[Path | None, typer.Option(help="Write the credentials that open it to this file.")] = None,
    with_parent: Annotated[bool, typer.Option(help="End when standard input closes.")] = False,
) -> None:
    """Runs the provider simulator until it is told to stop."""
    if scale is not None and scale <= 0:
        raise typer.BadParameter("the scale is above 0", param_hint="--scale")
    asyncio.run(_serve(data, port, scale, _seed(seed, services), credentials, with_parent=with_parent))


def _seed(text: str, services: int) -> Seed:
    if text == "demo":
        return demo(services)
    try:
        return Seed.model_validate_json(text)
    except ValidationError as error:
        raise typer.BadParameter(str(error), param_hint="--seed") from error


async def _serve(  # noqa: PLR0913  one argument per option
    data: Path, port: int, scale: float | None, seed: Seed, credentials: Path | None, *, with_parent: bool
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if with_parent:
        _when_stdin_closes(lambda: loop.call_soon_threadsafe(stop.set))
    simulator = Simulator.create(data, seed)
    if scale is not None:
        simulator.set_clock(scale=scale)
    async with simulator.serve(port) as address:
        if credentials:
            credentials_file.write(credentials, address)
        sys.stdout.write(f"{address}\n")
        sys.stdout.flush()
        await stop.wait()
    simulator.close()


def _when_stdin_closes(act: Callable[[], object]) -> None:
    def wait() -> None:
        sys.stdin.buffer.read()
        act()

    threading.Thread(target=wait, daemon=True).start()


if __name__ == "__main__":
    typer.run(main)
