"""The scripts of the shop's image, run as they are. WP-CLI and PHP are played by a small script.

What WordPress itself makes of it needs WordPress, and is no matter of these tests.
"""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

IMAGE = Path(__file__).resolve().parents[2] / "charts" / "woocommerce" / "image"
PLAYER = """#!/bin/sh
# Plays WP-CLI: keeps what is installed, switched on and opened as files, and writes down what it is
# asked. What it is to evaluate ends as open-shop.php does, which test_open_shop.py runs.
cd "$PLAYED"
test "$1" = eval-file && echo "eval-file ${2##*/}" >> calls || printf '%s\n' "$*" >> calls
case "$1 $2" in
    eval-file*)
        test -e broken && exit 255
        test -e opened && exit 0
        test "$(cat installed)" = "$ADMIN_PASSWORD" || exit 77
        test -e active || { touch active; exit 75; }
        test -e cut-short && { rm cut-short; exit 137; }
        touch opened ;;
    "core install") read -r password; test -e installed || echo "$password" > installed ;;
esac
"""
DATABASE_ANSWERS = "#!/bin/sh\n"
LOADED_AT_THE_SECOND_LOOK = """#!/bin/sh
case "$2" in
*store_platform_restored*) test -e "$PLAYED/looked" || { touch "$PLAYED/looked"; exit 1; } ;;
*"DROP TABLE"*) test -e "$PLAYED/looked" || touch "$PLAYED/cleared-too-early" ;;
esac
"""
COMES_MEANWHILE = """#!/bin/sh
test ! -e "$CONTENT_PATH/plugins" && touch "$CONTENT_PATH/.restored"
"""
FROM_BACKUP = {"FROM_BACKUP": "true", "OLD_URL": "http://old.test:8080"}


@dataclass(frozen=True)
class Pod:
    """A pod of the shop: an image's content, the volume, and what WP-CLI was asked."""

    folder: Path

    @property
    def volume(self) -> Path:
        return self.folder / "volume"

    @property
    def calls(self) -> list[str]:
        file = self.folder / "played" / "calls"
        return file.read_text().splitlines() if file.exists() else []

    @property
    def content(self) -> dict[str, str]:
        """Return every file of the volume."""
        files = [file for file in self.volume.rglob("*") if file.is_file()]
        return {str(file.relative_to(self.volume)): file.read_text() for file in files}

    def put(self, place: str, **files: str) -> None:
        for name, text in files.items():
            file = self.folder / place / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)

    def image(self, version: str, *plugins: str) -> None:
        """Have the pod run an image of this version."""
        for plugin in plugins:
            self.put(f"{version}/plugins/{plugin}", main=f"{plugin} {version}")
        self.put(f"{version}/themes/default", style=f"default {version}")
        (self.folder / f"{version}.stamp").write_text(version)
        link = self.folder / "image"
        link.unlink(missing_ok=True)
        link.symlink_to(version)
        stamp = self.folder / "image.stamp"
        stamp.unlink(missing_ok=True)
        stamp.symlink_to(f"{version}.stamp")

    def run(self, script: str, **more: str) -> str:
        done = self.attempt(script, **more)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @property
    def is_open(self) -> bool:
        """Whether the web server lets anybody in."""
        return (self.volume / ".set-up").exists()

    def attempt(self, script: str, **more: str) -> subprocess.CompletedProcess[str]:
        programs = self.folder / "bin"
        done = subprocess.run(
            ["/bin/sh", str(IMAGE / script)],
            env={
                "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
                "PLAYED": str(self.folder / "played"),
                "IMAGE_CONTENT": str(self.folder / "image"),
                "CONTENT_PATH": str(self.volume),
                "SHOP_URL": "https://my-shop.test",
                "SHOP_TITLE": "My shop",
                "ADMIN_EMAIL": "me@example.com",
                "ADMIN_PASSWORD": "the-secret",
                **more,
            },
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert "the-secret" not in done.stdout + done.stderr
        return done


@pytest.fixture
def pod(tmp_path: Path) -> Pod:
    for folder in ("bin", "played", "volume"):
        (tmp_path / folder).mkdir()
    for name, script in (("wp", PLAYER), ("php", DATABASE_ANSWERS)):
        (tmp_path / "bin" / name).write_text(script)
        (tmp_path / "bin" / name).chmod(0o755)
    made = Pod(tmp_path)
    made.image("7.1", "woocommerce", "hello")
    return made


def test_an_empty_volume_gets_what_the_image_has(pod: Pod) -> None:
    pod.run("sync-content")
    assert pod.content == {
        ".image-stamp": "7.1",
        "plugins/hello/main": "hello 7.1",
        "plugins/woocommerce/main": "woocommerce 7.1",
        "themes/default/style": "default 7.1",
    }
    assert (pod.volume / "uploads").is_dir()


def test_an_upgrade_and_a_rollback_keep_what_is_the_merchants(pod: Pod) -> None:
    pod.run("sync-content")
    own = {
        "uploads/2026/logo.png": "a picture",
        "plugins/mine/main": "my plug-in",
        "themes/mine/style": "my theme",
    }
    pod.put("volume", **own)
    pod.put("volume", **{"plugins/woocommerce/only-in-7.1": "old"})
    before = pod.content

    pod.image("7.2", "woocommerce", "hello")
    pod.run("sync-content")
    assert pod.content == {
        **own,
        ".image-stamp": "7.2",
        "plugins/hello/main": "hello 7.2",
        "plugins/woocommerce/main": "woocommerce 7.2",
        "themes/default/style": "default 7.2",
    }

    pod.image("7.1", "woocommerce", "hello")
    pod.run("sync-content")
    del before["plugins/woocommerce/only-in-7.1"]
    assert pod.content == before


def test_a_restart_leaves_the_volume_as_it_is(pod: Pod) -> None:
    pod.run("sync-content")
    pod.put("volume/plugins/woocommerce", main="updated by the merchant")
    before = pod.content
    assert pod.run("sync-content") == "The volume has the plug-ins and themes of this image.\n"
    assert pod.content == before


def test_a_copy_that_was_cut_short_is_made_anew(pod: Pod) -> None:
    pod.put("volume", **{".sync/half": "of a plug-in", "plugins/hello/main": "half"})
    pod.run("sync-content")
    assert pod.content["plugins/hello/main"] == "hello 7.1"
    assert ".sync/half" not in pod.content


def test_the_setup_opens_the_shop_once(pod: Pod) -> None:
    pod.run("sync-content")
    assert not pod.is_open
    assert pod.run("setup-shop").endswith("The shop is open.\nThe shop is set up.\n")
    assert pod.is_open
    installed = next(call for call in pod.calls if call.startswith("core install"))
    assert "--url=https://my-shop.test --title=My shop --admin_user=admin " in installed
    # The password came by standard input, and stands on no command line
    assert (pod.folder / "played" / "installed").read_text() == "the-secret\n"
    assert "the-secret" not in "".join(pod.calls)
    # WordPress starts as seldom as can be: WooCommerce is there from the start after the first on
    assert pod.calls == [installed, "eval-file open-shop.php", "eval-file open-shop.php"]


def test_a_later_setup_installs_nothing(pod: Pod) -> None:
    pod.run("sync-content")
    pod.run("setup-shop")
    before = len(pod.calls)
    assert pod.run("setup-shop").endswith("WordPress is installed.\nThe shop is set up.\n")
    assert pod.calls[before + 1 :] == ["eval-file open-shop.php"]
    assert (pod.folder / "played" / "installed").read_text() == "the-secret\n"
    assert pod.is_open


def test_a_setup_that_was_cut_short_opens_nothing(pod: Pod) -> None:
    pod.run("sync-content")
    (pod.folder / "played" / "cut-short").touch()
    assert pod.attempt("setup-shop").returncode == 137
    assert not pod.is_open
    pod.run("setup-shop")
    assert pod.is_open


def test_before_the_installation_one_that_was_cut_short_is_cleared(pod: Pod) -> None:
    """What PHP is given to do with the database; WordPress' own tables are in no test."""
    pod.run("sync-content")
    pod.put("bin", php='#!/bin/sh\nprintf "%s\\n" "$2" >> "$PLAYED/php"\n')
    pod.run("setup-shop")
    asked = (pod.folder / "played" / "php").read_text()
    assert asked.index("mysqli_connect") < asked.index("SELECT 1 FROM wp_users")
    assert asked.index("mysqli_num_rows($users) === 0") < asked.index("DROP TABLE `$table`")


def test_a_shop_that_somebody_else_has_installed_stays_closed(pod: Pod) -> None:
    pod.run("sync-content")
    (pod.folder / "played" / "installed").write_text("their-password\n")
    done = pod.attempt("setup-shop")
    assert done.returncode == 77
    assert "was installed in the database of this shop by somebody else" in done.stderr
    assert "delete the store, and create it anew" in done.stderr
    assert (pod.folder / "played" / "installed").read_text() == "their-password\n"
    assert not (pod.folder / "played" / "active").exists()
    assert not pod.is_open
    assert "nothing is done" in pod.run("run-cron")


def test_who_was_faster_between_the_look_and_the_installation_is_found_out(pod: Pod) -> None:
    pod.run("sync-content")
    program = pod.folder / "bin" / "wp"
    already = '"core install") echo their-password > installed ;;'  # WP-CLI calls that a success
    own = next(line.strip() for line in PLAYER.splitlines() if '"core install")' in line)
    program.write_text(PLAYER.replace(own, already))
    assert pod.attempt("setup-shop").returncode == 77
    assert not pod.is_open


def test_what_cannot_be_looked_at_is_nobody_elses_and_tried_again(pod: Pod) -> None:
    pod.run("sync-content")
    (pod.folder / "played" / "broken").touch()
    done = pod.attempt("setup-shop")
    assert (done.returncode, done.stderr) == (255, "")
    assert not pod.is_open
    (pod.folder / "played" / "broken").unlink()
    pod.run("setup-shop")
    assert pod.is_open


def test_the_merchants_own_password_is_no_strangers(pod: Pod) -> None:
    pod.run("sync-content")
    pod.run("setup-shop")
    (pod.folder / "played" / "installed").write_text("changed-by-the-merchant\n")
    pod.run("setup-shop")
    assert pod.is_open


def test_a_shop_of_an_earlier_image_is_opened_by_the_setup_of_this_one(pod: Pod) -> None:
    pod.run("sync-content")
    pod.run("setup-shop")
    (pod.volume / ".set-up").unlink()
    assert pod.run("setup-shop").endswith("The shop is open.\nThe shop is set up.\n")


def test_a_restart_and_an_upgrade_close_no_open_shop(pod: Pod) -> None:
    pod.run("sync-content")
    pod.run("setup-shop")
    pod.run("sync-content")
    assert pod.is_open
    pod.image("7.2", "woocommerce")
    pod.run("sync-content")
    assert pod.is_open


@pytest.fixture
def restored(pod: Pod) -> Pod:
    """A pod with the database and the files of a backup: of another image, and another password."""
    pod.put("bin", php=LOADED_AT_THE_SECOND_LOOK)
    pod.put("volume", **{
        ".restored": "5a1f", ".image-stamp": "7.0", "uploads/logo.png": "a picture",
        "plugins/woocommerce/main": "woocommerce 7.0",
    })  # fmt: skip
    pod.put("played", installed="the-merchants-password\n", active="", opened="")
    return pod


def test_the_files_of_a_backup_come_before_those_of_the_image(restored: Pod) -> None:
    restored.run("sync-content", **FROM_BACKUP)
    assert restored.content == {
        ".image-stamp": "7.1", ".restored": "5a1f", "uploads/logo.png": "a picture",
        "plugins/hello/main": "hello 7.1", "plugins/woocommerce/main": "woocommerce 7.1",
        "themes/default/style": "default 7.1",
    }  # fmt: skip


def test_until_then_the_volume_is_left_alone(pod: Pod) -> None:
    pod.put("bin", sleep=COMES_MEANWHILE)
    (pod.folder / "bin" / "sleep").chmod(0o755)
    pod.run("sync-content", **FROM_BACKUP)
    assert pod.content["plugins/hello/main"] == "hello 7.1"


def test_a_shop_of_a_backup_is_taken_over_as_it_is(restored: Pod) -> None:
    restored.run("sync-content", **FROM_BACKUP)
    said = restored.run("setup-shop", **FROM_BACKUP)
    assert said.startswith("Waiting for the backup.\nWordPress is installed.\n")
    assert said.endswith("The shop is open.\nThe shop is set up.\n")
    assert not (restored.folder / "played" / "cleared-too-early").exists()
    assert (restored.folder / "played" / "installed").read_text() == "the-merchants-password\n"
    _, plain, escaped, opened = restored.calls
    assert opened == "eval-file open-shop.php"  # after the links
    for call, to in ((plain, "https://my-shop.test"), (escaped, r"https:\/\/my-shop.test")):
        words = call.split()
        assert (words[0], words[2]) == ("search-replace", to)
        assert {"--regex", "--skip-columns=guid", "--all-tables-with-prefix"} <= set(words)


def test_which_links_lead_to_the_shop_that_was_backed_up(restored: Pod) -> None:
    restored.run("sync-content", **FROM_BACKUP)
    restored.run("setup-shop", **FROM_BACKUP)
    text = (
        "http://old.test:8080/a http://old.test:8080. http://old.test:8080,"
        " http://old.test:80801 http://old.test:8080.example http://old.test:8080@else.test"
        r" https://old.test:8080 http://oldxtest:8080 \"http:\/\/old.test:8080\/b\""
    )
    for call in restored.calls:
        if call.startswith("search-replace"):
            _, pattern, to, *_ = call.split()
            text = re.sub(pattern, lambda _, to=to: to, text)  # type: ignore[misc]
    assert text == (
        "https://my-shop.test/a https://my-shop.test. https://my-shop.test,"
        " http://old.test:80801 http://old.test:8080.example http://old.test:8080@else.test"
        r" https://old.test:8080 http://oldxtest:8080 \"https:\/\/my-shop.test\/b\""
    )


def test_links_are_led_here_once(restored: Pod) -> None:
    """What a merchant writes later may well name the other shop."""
    restored.run("sync-content", **FROM_BACKUP)
    restored.run("setup-shop", **FROM_BACKUP)
    before = len(restored.calls)
    (restored.volume / ".restored").unlink()
    restored.run("sync-content", **FROM_BACKUP)
    restored.run("setup-shop", **FROM_BACKUP)
    assert [call.split()[0] for call in restored.calls[before:]] == ["core", "eval-file"]


def test_cron_waits_for_the_setup_and_for_the_files_of_its_image(pod: Pod) -> None:
    assert "nothing is done" in pod.run("run-cron")
    pod.run("sync-content")
    assert "nothing is done" in pod.run("run-cron")
    pod.run("setup-shop")
    pod.run("run-cron")
    assert pod.calls[-1] == "cron event run --due-now"
    pod.image("7.2", "woocommerce")
    assert "nothing is done" in pod.run("run-cron")
    assert pod.calls.count("cron event run --due-now") == 1
