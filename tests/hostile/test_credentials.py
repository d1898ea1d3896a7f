"""Whatever stands in the place of a credential is a credential or a problem, and is never repeated."""

from pathlib import Path

import pytest

from tests.hostile import mutating
from tests.hostile.trying import SHARES, Tally, in_time
from unrack.model.errors import UnrackError
from unrack.providers.credentials import Credentials
from unrack.providers.registry import credential_models

COUNT = 1_000
PLANTED = "k3y-PLANTED-value"


@pytest.mark.timeout(600)
@pytest.mark.parametrize("share", SHARES)
def test_bad_credentials_are_told_and_not_repeated(tmp_path: Path, share: float) -> None:
    """From the environment, from files, from a TOML file."""
    tally, models = Tally("credentials"), credential_models()
    for chance in tally.chances(max(10, round(COUNT * share))):
        provider = chance.choice(sorted(models))
        file = tmp_path / "given.toml"
        fields = "\n".join(f'{field} = "{PLANTED}"' for field in models[provider].model_fields)
        file.write_bytes(mutating.text(chance, f"[{provider}.default]\n{fields}\n"))
        file.chmod(0o600)
        environment = {"UNRACK_CREDENTIALS": str(file)}
        for field in chance.sample(sorted(models[provider].model_fields), 1):
            name = f"UNRACK_{provider}_DEFAULT_{field}".upper()
            environment[chance.choice([name, f"{name}_FILE"])] = chance.choice([PLANTED, mutating.word(chance)])
        try:
            with in_time():
                Credentials(environment).read(provider, "default", models[provider])
            tally.ends["read"] += 1
        except UnrackError as error:
            tally.ends[error.problem.category.value] += 1
            if PLANTED in error.problem.model_dump_json():
                tally.fault(environment, f"it is repeated: {error}")
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
            tally.fault(environment, f"{type(error).__name__}: {error}")
    tally.judge()
