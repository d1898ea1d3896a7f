"""A question that only a worker can answer, and that nothing goes on without: it is asked until there is an answer."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

from unrack.contracts.calls import NoticeKind
from unrack.model.message import msg
from workflows import activity_options
from workflows.context import RunContext
from workflows.errors import StepStopped

Port = TypeVar("Port")
Argument = TypeVar("Argument")
Result = TypeVar("Result")

AGAIN = timedelta(minutes=1)
"""Real time after which a question is asked again that somebody's hand ended."""


async def a_worker(  # noqa: PLR0913 - what is asked, and how it shows
    context: RunContext,
    method: Callable[[Port, Argument], Awaitable[Result]],
    argument: Argument,
    *,
    key: str,
    title: str,
    waits: str,
) -> Result:
    """The answer of a worker, however long it takes. Where there is none within a minute, people are told once.

    Args:
        context: The run.
        method: The activity.
        argument: What it is asked.
        key: Its id in the history.
        title: In one line, for Temporal's own web page.
        waits: What waits for it, for those who are told.
    """
    how, told = activity_options.prompt(), False
    while True:
        try:
            return await activity_options.activity(method, argument, key=key, title=title, how=how)
        except StepStopped as stop:
            if not told:
                told, how = True, activity_options.endless()
                _tell(context, waits, stop.problem.message)
            else:
                await context.pause(lambda: False, AGAIN, title)


def _tell(context: RunContext, waits: str, why: str) -> None:
    text = msg(
        "No worker answered within {seconds} seconds: {why}. It goes on waiting, and what it waits for stays shut. "
        "unrack doctor, unrack status {id}",
        seconds=activity_options.ATTEMPT.seconds,
        why=why,
        id=context.id,
    )
    context.note(msg("{waits}: {why}", waits=waits, why=why))
    context.notify_soon(NoticeKind.OVERDUE, waits, text)
