"""Builds the images that the container tests run: from the machine's package registries only, nothing from a hub.

Base images are kept between runs under a tag that names what is in them, so only the first run pays for them.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
from pathlib import Path

import docker
from docker.errors import ImageNotFound
from platformdirs import user_cache_path
from testcontainers.core.image import DockerImage

ROOT = Path(__file__).resolve().parents[2]
BASE_VARIABLE = "UNRACK_TEST_BASE_IMAGE"
"""Names a Python base image that the engine can pull, for machines that reach a hub."""

_SUITE = "bookworm"
_PACKAGES = "python3,python3-venv"
_TEMPORAL = """\
FROM scratch
COPY temporal /temporal
COPY --chown=65532:65532 data /data
USER 65532:65532
ENV USER=temporal HOME=/data
ENTRYPOINT ["/temporal"]
"""


def missing_for_base() -> str | None:
    """Why no base image can be had here, or None."""
    if os.environ.get(BASE_VARIABLE):
        return None
    if shutil.which("debootstrap") and os.geteuid() == 0:
        return None
    return f"neither {BASE_VARIABLE} is set nor can debootstrap be run as root"


def base_image(client: docker.DockerClient) -> str:
    """The tag of a Python base image: the one that is named, or Debian's own Python."""
    named = os.environ.get(BASE_VARIABLE)
    if named:
        return named
    tag = _tag("unrack-test-base", _SUITE, _PACKAGES, platform.machine())
    if not _exists(client, tag):
        with tempfile.TemporaryDirectory(prefix="unrack-base-") as folder:
            _debootstrap(Path(folder))
            _import_root(client, Path(folder) / "root", tag)
    return tag


def temporal_image(client: docker.DockerClient) -> str:
    """The tag of an image that holds nothing but the `temporal` program of the test environment."""
    program = Path(sys.executable).parent / "temporal"
    tag = _tag("unrack-test-temporal", _TEMPORAL, _digest(program))
    if not _exists(client, tag):
        with tempfile.TemporaryDirectory(prefix="unrack-temporal-") as folder:
            context = Path(folder)
            shutil.copy2(program, context / "temporal")
            (context / "data").mkdir()
            (context / "Dockerfile").write_text(_TEMPORAL, encoding="utf-8")
            DockerImage(path=context, tag=tag).build()
    return tag


def unrack_image(client: docker.DockerClient, folder: Path, tag: str) -> DockerImage:
    """Builds the real Dockerfile, with wheels laid beside it, since the build itself gets no network.

    Args:
        client: The engine.
        folder: An empty folder for the build context.
        tag: The tag of the result.
    """
    _copy_context(folder)
    shutil.copytree(_wheels(), folder / "wheels")
    return DockerImage(
        path=folder,
        tag=tag,
        dockerfile_path="deploy/Dockerfile",
        buildargs={"BASE": base_image(client), "PIP_NO_INDEX": "1"},
        network_mode="none",
    ).build()


def allowed_in_context() -> list[str]:
    """What .dockerignore lets into the build context."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    return [line[1:] for line in lines if line.startswith("!")]


def _copy_context(folder: Path) -> None:
    for name in [*allowed_in_context(), "deploy/Dockerfile", ".dockerignore"]:
        source, target = ROOT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            shutil.copy2(source, target)


def _wheels() -> Path:
    """The folder with the wheels of deploy/requirements.lock, downloaded once per lock."""
    lock = ROOT / "deploy" / "requirements.lock"
    wheels = user_cache_path("unrack-tests") / f"wheels-{_digest(lock)}"
    if not wheels.exists():
        wheels.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="unrack-pip-", dir=wheels.parent) as folder:
            venv.create(Path(folder) / "pip", with_pip=True)
            _run(
                *(str(Path(folder) / "pip/bin/python"), "-m", "pip", "download", "--quiet", "--require-hashes"),
                *("--only-binary", ":all:", "--dest", f"{folder}/wheels", "--requirement", str(lock)),
            )
            (Path(folder) / "wheels").rename(wheels)
    return wheels


def _debootstrap(folder: Path) -> None:
    root = folder / "root"
    _run("debootstrap", "--variant=minbase", f"--include={_PACKAGES}", _SUITE, str(root))
    for leftover in ("var/cache/apt", "var/lib/apt/lists"):
        shutil.rmtree(root / leftover)


def _import_root(client: docker.DockerClient, root: Path, tag: str) -> None:
    archive = root.parent / "root.tar"
    with tarfile.open(archive, "w") as tar:
        tar.add(root, arcname=".")
    repository, _, version = tag.partition(":")
    client.api.import_image_from_file(str(archive), repository=repository, tag=version)


def _run(*command: str) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=600)
    except subprocess.CalledProcessError as error:
        raise RuntimeError(f"{command[0]} failed: {error.stdout[-2000:]}{error.stderr[-2000:]}") from error


def _exists(client: docker.DockerClient, tag: str) -> bool:
    try:
        client.images.get(tag)
    except ImageNotFound:
        return False
    return True


def _tag(name: str, *recipe: str) -> str:
    return f"{name}:{hashlib.sha256(repr(recipe).encode()).hexdigest()[:12]}"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]
