"""What must stay true of deploy/, told without a container engine."""

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from unrack.contracts.simulator import KEY_VARIABLE
from unrack.process.settings import PREFIX, Settings
from unrack.providers.credentials import CREDENTIALS_FILE
from unrack.signing.which_key import VARIABLE as SIGNING_KEY

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
OURS = ("prepare", "worker", "starter")
SECRET = re.compile(r"password|secret|token|credential|_key|_pwd|notify_urls|tell_mail", re.IGNORECASE)
COMPOSE_ONLY = {
    "IMAGE",
    "UI_PORT",
    "RETENTION_DAYS",
    "SECRETS",
    "DESK",
    "POLICY_FOLDER",
    "NOTIFY_URLS_FILE",
    "TELL_MAIL_FILE",
}
"""Variables of the compose file and the entrypoint, not of the programs."""


def test_image_runs_as_a_numbered_user_that_is_not_root() -> None:
    """An orchestrator that refuses root can see from the number that this image is not."""
    users = [words[1] for words in _dockerfile() if words[0] == "USER"]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", users[-1])


def test_image_holds_no_secret() -> None:
    """No ARG or ENV of the build is a secret, so none is in a layer (DESIGN, rule 7)."""
    for words in _dockerfile():
        if words[0] in {"ARG", "ENV"}:
            assert not SECRET.search(" ".join(words[1:])), words


def test_dependencies_are_installed_before_the_code_is_copied_and_by_hash() -> None:
    """A change of code leaves the layer with the dependencies alone; what is installed is what the lock names."""
    text = " ".join(" ".join(words) for words in _dockerfile())
    assert text.index("requirements.lock") < text.index("COPY unrack")
    assert "--require-hashes" in text


def test_the_image_gets_the_versions_that_were_tested_and_no_tool_of_development() -> None:
    """The image's lock is the part of the whole lock that the programs need."""
    shipped, tested = (_pins(folder / "requirements.lock") for folder in (DEPLOY, ROOT))
    assert shipped.items() <= tested.items()
    assert not shipped.keys() & {"pytest", "pyright", "testcontainers"}


def test_health_check_and_prepare_run_modules_that_exist() -> None:
    """What the engine is told to run is there."""
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8") + (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    modules = re.findall(r"-m\"?, \"?(unrack[\w.]+)", text)
    assert set(modules) == {"unrack.temporal.health", "unrack.temporal.prepare"}
    assert all(importlib.util.find_spec(module) for module in modules)


def test_build_context_lets_nothing_in_that_is_not_named() -> None:
    """Secrets, evidence and history that lie in the tree never reach a layer."""
    lines = [line for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[:1] != "#"]
    assert lines[0] == "*"
    allowed = {line[1:] for line in lines if line.startswith("!")}
    copied = {source for words in _dockerfile() if words[0] == "COPY" for source in words[1:-1] if source[0] != "-"}
    assert {source.removesuffix("*") for source in copied if not source.startswith("/")} == allowed


def test_compose_publishes_only_the_web_page_and_only_on_loopback() -> None:
    """Nobody outside the host reaches database, server or page."""
    published = {name: service["ports"] for name, service in _services().items() if service.get("ports")}
    assert list(published) == ["ui"]
    assert all(port.startswith("127.0.0.1:") for port in published["ui"])
    assert not any("network_mode" in service for service in _services().values())


def test_compose_keeps_the_database_in_a_network_without_a_way_out() -> None:
    """PostgreSQL is reached by Temporal alone."""
    compose = _compose()
    assert compose["networks"]["database"]["internal"] is True
    assert {name for name, service in compose["services"].items() if "database" in service["networks"]} == {
        "postgres",
        "schema",
        "temporal",
    }


def test_compose_holds_no_secret() -> None:
    """A secret is a file named under `secrets`; the environment holds at most where it is."""
    for name, service in _services().items():
        for variable, value in (service.get("environment") or {}).items():
            if SECRET.search(variable):
                assert str(value).startswith("/run/secrets/"), f"{name}: {variable}"
    for secret in _compose()["secrets"].values():
        assert secret["file"].startswith("${UNRACK_SECRETS:-./secrets}/")


def test_only_workers_hold_provider_credentials() -> None:
    """An operator's command asks a worker (DESIGN, rule 8)."""
    holders = {name for name, service in _services().items() if "credentials" in (service.get("secrets") or ())}
    assert holders == {"worker"}
    assert _services()["worker"]["deploy"]["replicas"] == 2


@pytest.mark.parametrize("name", ["worker", "starter"])
def test_the_policy_reaches_who_reads_it(name: str) -> None:
    """Workers judge by it and the command shows it; no container can change it. Workers may be told to do without."""
    service = _services()[name]
    assert service["environment"]["UNRACK_POLICY"] == "${UNRACK_POLICY:-}"
    assert "${UNRACK_POLICY_FOLDER:-./policy}:/policy:ro" in service["volumes"]
    assert ("UNRACK_ALLOW_STATED" in service["environment"]) == (name == "worker")


@pytest.mark.parametrize("name", OURS)
def test_our_containers_cannot_gain_rights(name: str) -> None:
    """Read-only, no capability, no way to new privileges, never privileged."""
    service = _services()[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert not service.get("privileged")
    assert service["init"] is True


def test_every_image_that_is_pulled_has_a_fixed_tag() -> None:
    """An installation set up next year runs the versions that were tested."""
    for name, service in _services().items():
        if name in OURS:
            continue
        tag = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", service["image"]).rpartition(":")[2]
        assert re.fullmatch(r"\d+\.\d+(\.\d+)?", tag), f"{name}: {service['image']}"


def test_the_namespace_keeps_closed_runs_for_years() -> None:
    """Auditors come years later."""
    command = _services()["prepare"]["command"]
    days = re.fullmatch(r"\$\{UNRACK_RETENTION_DAYS:-(\d+)\}", command[-1])
    assert days is not None
    assert int(days[1]) >= 3650


def test_every_variable_named_in_deploy_is_a_setting() -> None:
    """A renamed setting cannot leave the deployment, or its page, behind."""
    known = {name.upper() for name in Settings.model_fields} | COMPOSE_ONLY
    known |= {name.removeprefix(PREFIX) for name in (CREDENTIALS_FILE, KEY_VARIABLE, SIGNING_KEY)}
    unknown = {
        f"{path.name}: {PREFIX}{name}"
        for path in _files_that_name_settings()
        for name in re.findall(rf"{PREFIX}([A-Z_]+)\b(?!<)", path.read_text(encoding="utf-8"))
        if name.rstrip("_") not in known and not name.startswith("OVHCLOUD")
    }
    assert not unknown


def test_compose_itself_accepts_the_file() -> None:
    """Docker's own judgement, where a current docker compose is installed."""
    version = _run("docker", "compose", "version", "--short") if shutil.which("docker") else None
    if version is None or version.returncode != 0:
        pytest.skip("no docker compose on this machine")
    judged = _run("docker", "compose", "--file", str(DEPLOY / "compose.yaml"), "config", "--quiet")
    assert judged.returncode == 0, judged.stderr


@pytest.mark.parametrize("script", [DEPLOY / "entrypoint.sh", DEPLOY / "temporal" / "schema.sh"], ids=lambda p: p.name)
def test_shell_scripts_parse_and_stop_at_the_first_error(script: Path) -> None:
    """A start script that goes on after an error hides it."""
    assert _run("sh", "-n", str(script)).returncode == 0
    assert "\nset -eu\n" in script.read_text(encoding="utf-8")


@pytest.mark.parametrize("variable", ["UNRACK_NOTIFY_URLS", "UNRACK_TELL_MAIL"])
def test_entrypoint_reads_addresses_for_notices_from_a_file(tmp_path: Path, variable: str) -> None:
    """They hold tokens, so they come as a file and stay out of what the engine tells of a container."""
    (tmp_path / "urls").write_text("json://example.invalid/hook\n", encoding="utf-8")
    printed = subprocess.run(
        [str(DEPLOY / "entrypoint.sh"), "printenv", variable],
        env={"PATH": "/usr/bin:/bin", f"{variable}_FILE": str(tmp_path / "urls")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert printed.stdout == "json://example.invalid/hook\n"


def _dockerfile() -> Iterator[list[str]]:
    """The instructions, each split into words, continuation lines joined, comments left out."""
    lines = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").splitlines()
    text = "\n".join(line for line in lines if not line.startswith("#"))
    for line in text.replace("\\\n", " ").splitlines():
        if line.strip():
            yield line.split()


def _pins(lock: Path) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==(\S+)", lock.read_text(encoding="utf-8"), flags=re.MULTILINE))


def _compose() -> dict[str, Any]:
    return YAML(typ="safe").load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))


def _services() -> dict[str, dict[str, Any]]:
    return _compose()["services"]


def _files_that_name_settings() -> list[Path]:
    named = [DEPLOY / name for name in ("Dockerfile", "compose.yaml", "entrypoint.sh")]
    return [*named, *DEPLOY.glob("*.md"), ROOT / "docs" / "operating.md"]


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)
