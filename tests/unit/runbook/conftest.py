"""A small runbook that passes every check, and the facts of a service."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from unrack.model.lifecycle import Timing
from unrack.model.service import ProviderClock, ServiceFacts, ServiceRef
from unrack.runbook import LoadedRunbook, load_runbook

ROOT = Path(__file__).resolve().parents[3]
SERVICE = "5f0c3a1e-7a54-4e0b-9a3f-2d1c6b8e9f10"
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

SMALL = """\
name: small
version: 1
provider: ovhcloud
product: connect-direct
title: Small
summary: A runbook with one of each.
sources:
  - title: A document
parameters:
  pause:
    type: duration
    description: How long to wait.
  mode:
    type: choice
    description: Which way.
    default: fast
    choices: [fast, slow]
default-timing: end-of-term
timings:
  end-of-term:
    summary: At expiry.
    grace:
      anchor: effective-date
      offset: -25h
      max-extension: 90d
    provider-end:
      step: request.schedule
      last-call: 24h
  immediate:
    summary: At once.
    grace:
      anchor: grace-begin
      offset: 7d
      max-extension: 90d
approval:
  quorum: 2
  timeout: 14d
phases:
  preflight:
    - name: look
      title: Look
      action: ovhcloud.service.check-status
      rules: [S2.1]
      timeout: 1h
  capture:
    - name: loa
      title: Keep the LOA
      action: ovhcloud.connect.capture-loa
      timeout: 1h
    - name: configuration
      title: Keep the configuration
      action: ovhcloud.connect.capture-configuration
      timeout: 1h
  detach:
    - name: pause
      title: Wait
      when: {parameter: pause}
      wait-for: {parameter: pause}
    - name: pops
      title: Remove
      action: ovhcloud.connect.remove-pops
      timeout: 2h
      undo:
        title: Put back
  request:
    - name: schedule
      title: Schedule
      action: ovhcloud.service.schedule-termination
      when: {timing: end-of-term}
      timeout: 1h
      undo:
        title: Take back
  confirm:
    - name: date
      title: Read the date
      action: ovhcloud.service.capture-confirmation
      when: {timing: end-of-term}
      timeout: 1h
      skippable: false
  handover:
    - name: cable
      title: Remove the cable
      timeout: 30d
      no-undo: It is only looked at.
      task:
        instructions: Pull it.
        shows: [loa]
        fields:
          - name: removed-on
            label: Removed on
            type: date
          - name: charged-until
            label: Charged until
            type: date
            not-before: removed-on
        evidence:
          - type: photo
            title: Photo
  purge:
    - name: unchanged
      title: Look again
      action: ovhcloud.connect.check-unchanged
      timeout: 1h
    - name: end
      title: Wait for the end
      action: ovhcloud.service.await-end
      when: {timing: end-of-term}
      timeout: 2d
      poll-every: 1h
      point-of-no-return: true
    - name: token
      title: Token
      when: {timing: immediate}
      timeout: 2d
      task:
        instructions: Paste it.
        fields:
          - name: token
            label: Token
            type: handover
    - name: confirm
      title: Confirm
      action: ovhcloud.connect.confirm-termination
      when: {timing: immediate}
      timeout: 1h
      point-of-no-return: true
      parameters:
        commentary: {parameter: mode}
  verify:
    - name: gone
      title: Gone
      action: ovhcloud.connect.verify-gone
      timeout: 14d
      poll-every: 6h
"""


@pytest.fixture
def small() -> str:
    """The text of a runbook that passes every check."""
    return SMALL


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a runbook file named `small`."""

    def write(text: str) -> Path:
        path = tmp_path / "small.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="session")
def connect() -> LoadedRunbook:
    """The shipped runbook."""
    return load_runbook(ROOT / "runbooks" / "ovhcloud-connect-direct.yaml")


@pytest.fixture
def facts() -> Callable[..., ServiceFacts]:
    """Facts of a service that expires in 300 days, with anything in them replaced."""

    def facts(**changed: object) -> ServiceFacts:
        read: dict[str, object] = {
            "service": ServiceRef(provider="ovhcloud", product="connect-direct", service=SERVICE),
            "title": "Paris PA3",
            "state": "active",
            "active": True,
            "billing_state": "ok",
            "owner": "ab12345-ovh",
            "caller": "ab12345-ovh",
            "expires_at": NOW + timedelta(days=300),
            "renewal_period": "P1M",
            "renews_automatically": True,
            "timings": (Timing.END_OF_TERM, Timing.IMMEDIATE),
            "configuration_digest": "sha256:0",
            "clock": ProviderClock(read_at=NOW, shown=NOW),
        }
        return ServiceFacts.model_validate({**read, **changed})

    return facts
