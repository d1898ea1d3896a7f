"""``/services/{id}/form``: what OVHcloud asks of those who leave (OVH services description). Names are assumed."""

from unrack.model.base import Frozen
from unrack.simulator.ovhcloud import answers
from unrack.simulator.ovhcloud.areas.connect import Reason
from unrack.simulator.ovhcloud.endpoint import ApiCall, Endpoint, get
from unrack.simulator.ovhcloud.refusal import not_found, refused
from unrack.simulator.vendor import Reply

NAME = "termination"
_REASONS = list(Reason.__args__)


class _Answer(Frozen):
    question: str
    value: str


class _Form(Frozen):
    answers: tuple[_Answer, ...]


def _description() -> answers.ServicesFormDescription:
    return {
        "name": NAME,
        "questions": [
            {
                "question": "reason",
                "mandatory": True,
                "type": "enum",
                "answers": [{"key": reason} for reason in _REASONS],
            },
            {"question": "commentary", "mandatory": False, "type": "text", "answers": None},
        ],
    }


def _forms(call: ApiCall) -> list[answers.ServicesFormDescription]:
    call.service(call.path["serviceId"])
    return [_description()]


def _form(call: ApiCall) -> answers.ServicesFormDescription:
    call.service(call.path["serviceId"])
    if call.path["formName"] != NAME:
        raise not_found("formName", call.path["formName"])
    return _description()


def _answer(call: ApiCall) -> Reply:
    service = call.service(call.path["serviceId"])
    _form(call)
    given = {answer.question: answer.value for answer in call.read(_Form).answers}
    if given.get("reason") not in _REASONS:
        raise refused(400, "[answers] The question reason wants one of its values")
    thanks: answers.ServicesFormResponse = {"message": "Thank you"}
    return Reply(thanks, f"survey on leaving {service.name} answered: {given['reason']}")


_F = "/services/{serviceId:int}/form"
ENDPOINTS: tuple[Endpoint, ...] = (
    get(_F, _forms),
    get(f"{_F}/{{formName}}", _form),
    Endpoint("POST", f"{_F}/{{formName}}/answer", _answer),
)
