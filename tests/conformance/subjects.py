"""Every registered adapter as a subject of the promises in ``test_promises.py``.

A new adapter writes ``subject_<namespace>.py`` beside this file and adds one line here; without it the tests fail.
"""

from tests.conformance import (
    subject_awsmarketplace,
    subject_cloudcraft,
    subject_dns,
    subject_ovhcloud,
    subject_stated,
    subject_whmcs,
)
from tests.conformance.subject import Subject

SUBJECTS: dict[str, Subject] = {
    subject.namespace: subject
    for subject in (
        subject_awsmarketplace.SUBJECT,
        subject_cloudcraft.SUBJECT,
        subject_dns.SUBJECT,
        subject_ovhcloud.SUBJECT,
        subject_stated.SUBJECT,
        subject_whmcs.SUBJECT,
    )
}
"""By namespace."""
