"""Mails to the account's mailbox. The one with the token carries the confirmation link (terraform-provider-ovh)."""

from datetime import datetime, timedelta

from unrack.simulator.faults import FaultKind, InjectedFaults
from unrack.simulator.ovhcloud.records import Mail, Service
from unrack.simulator.ovhcloud.tables import Tables

_REQUEST_BODY = """Dear customer,

you asked for the termination of your service {name}.

To confirm, follow this link:
https://www.ovh.com/manager/#/billing/confirmTerminate?id={id}&token={token}

To cancel the request:
https://www.ovh.com/manager/#/support/resiliation/?action=cancel&t=*&n={account}

The confirmation deletes the service and its data for good.
"""


def send(tables: Tables, service: Service, at: datetime, subject: str, body: str) -> None:
    """Sends a mail about `service`, in the mailbox from `at` on."""
    mail = Mail(id=tables.next_id(), account=service.account, sent_at=at, subject=subject, body=body)
    tables.mails.put(mail)


def send_token(tables: Tables, service: Service, now: datetime, faults: InjectedFaults) -> None:
    """Mails the token after the provider's usual delay, unless a fault has it otherwise."""
    if faults.of(FaultKind.MAIL_NEVER):
        return
    late = faults.of(FaultKind.MAIL_LATE)
    at = now + timedelta(seconds=tables.settings.mail_delay + (late.seconds if late else 0))
    body = _REQUEST_BODY.format(name=service.name, id=service.id, token=service.token, account=service.account)
    for _ in range(2 if faults.of(FaultKind.MAIL_TWICE) else 1):
        send(tables, service, at, f"Termination request for {service.name}", body)
