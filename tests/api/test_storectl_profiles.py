"""storectl's profiles against a service whose cluster is away."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.e2e.service import Service
from tests.e2e.storectl import Storectl


@pytest.fixture
def storectl(api: Service, tmp_path: Path) -> Storectl:
    """Pia's, who is signed in to the profile ``default``."""
    made = Storectl(tmp_path, api)
    made.sign_in(api.token("pia"))
    return made


def test_two_profiles(api: Service, storectl: Storectl) -> None:
    said = storectl.ok(
        "login", api.url, "--profile", "second", "--token-stdin", given=api.token("quin") + "\n"
    )
    assert said.splitlines()[-1] == (
        "To use it: storectl --profile second …, or for all commands: storectl profiles use second"
    )
    assert storectl.json("whoami")["name"] == "pia"
    assert storectl.ok("--profile", "second", "whoami").startswith(f"quin (operator) at {api.url}")
    from_environment = replace(storectl, more={"STORE_PLATFORM_PROFILE": "second"})
    assert from_environment.json("whoami")["name"] == "quin"

    storectl.ok("profiles", "use", "second")
    assert storectl.json("whoami")["name"] == "quin"
    assert [item["isUsed"] for item in storectl.json("profiles", "list")] == [False, True]

    # A sign-in without an address is to the platform of the profile, and replaces its token alone
    storectl.ok("login", "--token-stdin", given=api.token("rosa") + "\n")
    assert storectl.json("whoami")["name"] == "rosa"
    assert storectl.ok("--profile", "default", "whoami").startswith("pia ")


def test_a_token_that_is_not_valid_makes_no_profile(api: Service, storectl: Storectl) -> None:
    given = ("login", api.url, "--profile", "second", "--token-stdin")
    assert storectl.fails(*given, given="sp_wrong\n")[0] == 3
    assert [item["name"] for item in storectl.json("profiles", "list")] == ["default"]


def test_a_damaged_profile_is_mended_by_a_sign_in(api: Service, storectl: Storectl) -> None:
    (file,) = storectl.home.rglob("account.json")
    file.write_text("{")
    code, said = storectl.fails("whoami")
    assert (code, said) == (
        3, f"The file {file} is damaged. Run `storectl login` to write it again.",
    )  # fmt: skip
    storectl.sign_in(api.token("pia"))
    assert storectl.json("whoami")["name"] == "pia"
