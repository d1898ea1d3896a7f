"""The plans that were shown on this machine: only such a plan is launched."""

from datetime import UTC, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile

from pydantic import ValidationError

from unrack.model.base import Frozen, Moment
from unrack.model.errors import UnrackError, unwritten
from unrack.model.ids import RunId
from unrack.model.message import msg
from unrack.model.plan import Plan
from unrack.private_folder import closed


class ShownPlan(Frozen):
    """A plan as a person saw it."""

    at: Moment
    plan: Plan


class ShownPlans:
    """The last plan shown for each run id, one file each, in one folder."""

    def __init__(self, folder: Path) -> None:
        """Keep the plans in `folder`, which is made when needed."""
        self._folder = folder

    def remember(self, plan: Plan) -> None:
        """Keep `plan` as the one shown last for its service.

        Raises:
            UnrackError: the folder cannot be written.
        """
        shown = ShownPlan(at=datetime.now(UTC), plan=plan)
        path = self._path(plan.run_id)
        try:
            closed(self._folder)
            path.parent.mkdir(mode=0o700, exist_ok=True)
            _put(path, shown.model_dump_json(indent=2))
        except OSError as error:
            todo = msg("make the folder writable, or name another home folder")
            raise UnrackError(unwritten(msg("the shown plan in {parent}", parent=path.parent), error, todo)) from error

    def recall(self, run: RunId) -> ShownPlan | None:
        """The plan shown last for the service of `run`; None when none was, or when it can no longer be read."""
        try:
            return ShownPlan.model_validate_json(self._path(run).read_bytes())
        except (OSError, ValidationError):
            return None

    def forget(self, run: RunId) -> None:
        """Forget the plan, so that the next launch needs another look."""
        self._path(run).unlink(missing_ok=True)

    def _path(self, run: RunId) -> Path:
        return self._folder / f"{run.provider}-{run.product}" / f"{run.place}.json"


def _put(path: Path, text: str) -> None:
    """Write `text` to `path`, whole or not at all."""
    with NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as half:
        try:
            half.write(text)
            half.flush()
            Path(half.name).replace(path)
        except OSError:
            Path(half.name).unlink(missing_ok=True)
            raise
