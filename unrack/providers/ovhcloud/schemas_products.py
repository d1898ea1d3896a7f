"""The parts of OVHcloud's answers that only some products or steps read: surveys, tickets, tasks, keys."""

from datetime import date

from unrack.providers.ovhcloud.schemas import Answer, EndRule, Instant


class AllowedAnswer(Answer):
    """``services.form.AnswerAllowedValue``."""

    key: str


class Question(Answer):
    """``services.form.Question``."""

    question: str
    mandatory: bool
    type: str
    answers: tuple[AllowedAnswer, ...] | None = None


class Form(Answer):
    """``services.form.Description``."""

    name: str
    questions: tuple[Question, ...]


class Said(Answer):
    """``services.terminate.TerminationAnswer`` and ``services.form.Response``."""

    message: str


class Engagement(Answer):
    """``services.billing.engagement.Engagement``."""

    end_rule: EndRule | None = None


class ServiceKey(Answer):
    """``ovhcloudconnect.Key``."""

    id: int
    key: str
    provider: str
    status: str


class TelephonyTask(Answer):
    """``telephony.OfferTask`` and ``telephony.Task``; only the first has a date."""

    task_id: int
    action: str
    status: str
    execution_date: Instant | None = None


class MailTask(Answer):
    """``email.pro.Task`` and ``email.exchange.Task``."""

    id: int
    function: str
    status: str


class NewTicket(Answer):
    """``support.NewMessageInfo``."""

    ticket_id: int
    ticket_number: int


class Ticket(Answer):
    """``support.Ticket``."""

    ticket_id: int
    subject: str
    state: str


class SavingsPlan(Answer):
    """``services.savingsPlans.SavingsPlan`` (OVHcloud's description, 2026-08)."""

    id: str
    display_name: str = ""
    flavor: str = ""
    size: int = 1
    status: str
    end_date: date
