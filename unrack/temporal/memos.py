"""What a run shows of itself in its memo."""

from temporalio.api.common.v1 import Payload

from unrack.model.state import RunView

_PLAIN = b"json/plain"


async def run_view(payload: Payload) -> RunView:
    """The `RunView` in a memo.

    Plain JSON, as nearly every memo is, is read without the converter: that takes as long to import as a whole list to
    print.

    Raises:
        ValueError: it is none.
        RuntimeError: it is in a form that nobody knows.
        TemporalError: as `ValueError`, where the converter read it.
    """
    if payload.metadata.get("encoding") == _PLAIN:
        return RunView.model_validate_json(payload.data)
    from unrack.temporal.converter import DATA_CONVERTER  # noqa: PLC0415 - see above

    (view,) = await DATA_CONVERTER.decode([payload], [RunView])
    if not isinstance(view, RunView):
        raise ValueError("it is no view of a run")  # noqa: TRY004 - what stands there is at fault, not our types
    return view
