"""Which policy a worker judges by, and when it must leave that to another."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.workflows.office import ANN, policy
from unrack.evidence.store import EvidenceStore
from unrack.model.errors import Category, UnrackError
from unrack.model.installation_hold import HoldRegister, fold
from unrack.model.policy import Policy
from unrack.model.policy_register import MOST_POLICIES, RegisterPolicy, order_for
from unrack.operations.health import Health
from unrack.operations.policy_in_force import told_of_policy
from unrack.policy import in_force
from unrack.policy.in_force import PolicyInForce, content_of
from unrack.policy.load import load_policy
from unrack.policy.proving import ref_of
from unrack.temporal.pollers import identity

NOW = datetime(2026, 11, 30, tzinfo=UTC)
NOBODY: Any = None


class Engine:
    """Keeps a register, as the workflow of the installation's holds does."""

    def __init__(self) -> None:
        """Nothing is registered."""
        self.register = HoldRegister()

    async def register_of(self, *_: object) -> HoldRegister:
        """The register."""
        return self.register

    async def register_policy(self, _: object, __: object, order: RegisterPolicy) -> None:
        """Takes an order."""
        self.register = fold(self.register, order, NOW)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    """A register in memory."""
    made = Engine()
    monkeypatch.setattr(in_force, "register_of", made.register_of)
    monkeypatch.setattr(in_force, "register_policy", made.register_policy)
    return made


@pytest.fixture
def evidence(tmp_path: Path) -> EvidenceStore:
    """An evidence store of its own."""
    return EvidenceStore((tmp_path / "evidence").as_uri())


def _worker(evidence: EvidenceStore, mine: Policy | None) -> PolicyInForce:
    def load(_: Path) -> Policy:
        assert mine is not None
        return mine

    return PolicyInForce(NOBODY, "unrack", evidence, Path("policy.yaml") if mine else None, load)


async def test_a_worker_with_an_older_policy_declines(engine: Engine, evidence: EvidenceStore) -> None:
    """Another one must judge: its own may be what was just taken from somebody."""
    older, newer = _worker(evidence, policy(1)), _worker(evidence, policy(2))
    await older.register()
    await newer.register()

    assert await newer.ruling() == policy(2)
    with pytest.raises(UnrackError) as refused:
        await older.ruling()
    assert refused.value.problem.category is Category.UNAVAILABLE
    assert "version 1" in refused.value.problem.message
    assert engine.register.policies


async def test_a_worker_without_a_policy_declines_once_there_is_one(engine: Engine, evidence: EvidenceStore) -> None:
    """It must not let a run do without."""
    await _worker(evidence, policy(1)).register()

    with pytest.raises(UnrackError):
        await _worker(evidence, None).ruling()
    assert len(engine.register.policies) == 1


async def test_of_one_version_the_first_registered_rules(engine: Engine, evidence: EvidenceStore) -> None:
    """Two files of one version are a mistake; which of them rules does not change with who asks."""
    first, second = _worker(evidence, policy(1)), _worker(evidence, policy(1, duties={"launcher": False}))
    await first.register()
    await second.register()

    assert await first.ruling() == policy(1)
    with pytest.raises(UnrackError, match="another policy of version 1"):
        await second.ruling()
    told = told_of_policy(engine.register, (), allow_stated=False)
    assert told.health is Health.MISSING


async def test_what_nobody_kept_rules_nothing(engine: Engine, evidence: EvidenceStore) -> None:
    """Whoever reaches the server can register any number: without the policy itself it stops no worker."""
    worker = _worker(evidence, policy(1))
    await worker.register()
    await engine.register_policy(None, None, order_for(ref_of(policy(999)), 10, "mallory"))

    assert await worker.ruling() == policy(1)


async def test_a_flood_of_registrations_pushes_no_policy_out_for_long(engine: Engine, evidence: EvidenceStore) -> None:
    """What is kept is bounded; a worker whose own is gone registers it again."""
    worker = _worker(evidence, policy(1))
    await worker.register()
    for version in range(2, 2 + 2 * MOST_POLICIES):
        await engine.register_policy(None, None, order_for(ref_of(policy(version)), 10, f"mallory {version}"))

    assert len(engine.register.policies) == MOST_POLICIES
    assert await worker.ruling() == policy(1)
    assert any(each.policy == ref_of(policy(1)) for each in engine.register.policies)


async def test_a_worker_that_saw_a_newer_policy_never_judges_again(engine: Engine, evidence: EvidenceStore) -> None:
    """A flood pushes the newer one out of the register: what was taken from somebody there must not come back."""
    older, none = _worker(evidence, policy(1)), _worker(evidence, None)
    await _worker(evidence, policy(2)).register()
    for worker in (older, none):
        with pytest.raises(UnrackError):
            await worker.ruling()
    engine.register = HoldRegister()

    for worker in (older, none):
        with pytest.raises(UnrackError, match="version 2 rules"):
            await worker.ruling()


async def test_a_bad_file_leaves_the_last_good_policy_in_force(
    engine: Engine, evidence: EvidenceStore, tmp_path: Path, whole: str
) -> None:
    """What is wrong is logged with line and column; nobody is locked out by a slip of the pen."""
    file = tmp_path / "policy.yaml"
    file.write_text(whole)
    worker = PolicyInForce(NOBODY, "unrack", evidence, file, load_policy)
    good = worker.policy
    file.write_text(whole.replace("groups:", "grupps:", 1))
    with capture_logs() as logged:
        await worker.look_again()

    (line,) = [number for number, text in enumerate(whole.splitlines(), 1) if text.startswith("groups:")]
    (told,) = [each for each in logged if "bad" in each["event"]]
    assert any(f"{file}:{line}:1" in each for each in told["wrong"]), told["wrong"]
    assert worker.policy == good
    assert not engine.register.policies


async def test_a_changed_file_is_taken_over_and_kept_as_evidence(engine: Engine, evidence: EvidenceStore) -> None:
    """Every version stays where records name it, under its digest."""
    files = [policy(1), policy(2)]
    worker = PolicyInForce(NOBODY, "unrack", evidence, Path("policy.yaml"), lambda _: files[0])
    await worker.look_again()
    files.pop(0)
    await worker.look_again()

    kept = [await evidence.get(in_force.kept_ref(each.policy, each.size)) for each in engine.register.policies]
    assert worker.policy == policy(2)
    assert kept == [content_of(policy(1)), content_of(policy(2))]


def test_doctor_names_the_worker_that_has_another_version() -> None:
    """It declines to verify: somebody must give it the policy."""
    register = HoldRegister()
    for version, worker in ((1, "old@host"), (2, "new@host")):
        register = fold(register, order_for(ref_of(policy(version)), 10, worker), NOW)

    told = told_of_policy(register, ("new@host", "old@host", "bare@host"), allow_stated=False)

    assert told.health is Health.MISSING
    assert "old@host has version 1" in told.text
    assert "bare@host registered none" in told.text
    assert "new@host" not in told.text


@pytest.mark.parametrize(("tell", "mails", "says"), [([ANN], False, True), ([ANN], True, False), ([], False, False)])
async def test_doctor_says_where_people_are_told(
    engine: Engine, evidence: EvidenceStore, tell: list[str], mails: bool, says: bool
) -> None:
    """The policy has mail addresses, and no worker a mail server: what people must know goes elsewhere. No fault."""
    content = policy().model_dump(mode="json")
    content["people"][0]["tell"] = tell
    mine = Policy.model_validate(content)
    await PolicyInForce(NOBODY, "unrack", evidence, Path("p"), lambda _: mine, mails=mails).register()

    told = told_of_policy(engine.register, (identity(),), allow_stated=False)

    assert told.good
    assert ("UNRACK_NOTIFY_URLS" in told.text) is says


def test_without_a_policy_doctor_says_what_runs() -> None:
    """Only rehearsals, or everything by names that nobody verifies."""
    assert "only rehearsals" in told_of_policy(HoldRegister(), (), allow_stated=False).text
    assert "nobody verifies" in told_of_policy(HoldRegister(), (), allow_stated=True).text
