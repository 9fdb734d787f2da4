"""What was made is kept whole, under a digest of what it was made from."""

import errno
import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from app.local.images.archive import ImageError
from app.local.images.store import digest_of, making, require_space


def test_a_digest_tells_where_parts_end() -> None:
    assert digest_of("ab", "c") != digest_of("a", "bc")
    assert digest_of("ab", b"c") == digest_of(b"ab", "c")


def test_what_was_made_takes_its_place_at_the_end(tmp_path: Path) -> None:
    kept = tmp_path / "images" / "shop.tar"
    with making(kept) as fresh:
        assert fresh is not None
        fresh.write_text("whole")
        assert not kept.exists()
    assert kept.read_text() == "whole"
    with making(kept) as again:
        assert again is None
    assert kept.read_text() == "whole"


def test_a_making_that_fails_leaves_nothing(tmp_path: Path) -> None:
    kept = tmp_path / "stage"

    def cut_short() -> None:
        with making(kept) as fresh:
            assert fresh is not None
            (fresh / "upper").mkdir(parents=True)
            raise ImageError("npm failed")

    with pytest.raises(ImageError, match="npm failed"):
        cut_short()

    assert [item.name for item in tmp_path.iterdir()] == ["stage.lock"]


def test_a_half_of_a_making_that_was_killed_is_never_taken(tmp_path: Path) -> None:
    (tmp_path / "making-stage" / "upper").mkdir(parents=True)
    (tmp_path / "making-stage" / "upper" / "half").touch()
    with making(tmp_path / "stage") as fresh:
        assert fresh is not None
        assert not fresh.exists()
        fresh.mkdir()
    assert list((tmp_path / "stage").iterdir()) == []


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        ImageError("RUN npm ci failed:\nnpm error code ENOSPC"),
        ImageError("E: You don't have enough free space: No space left on device"),
    ],
)
def test_a_full_disk_is_told_in_a_sentence(tmp_path: Path, error: Exception) -> None:
    with pytest.raises(ImageError) as told, making(tmp_path / "stage"):
        raise error
    assert str(told.value) == (
        f"The disk with {tmp_path} is full: stage could not be made. Free some space, or name"
        " another folder with STORE_PLATFORM_CACHE."
    )


def test_another_error_is_told_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(PermissionError), making(tmp_path / "stage"):
        raise PermissionError(errno.EACCES, "Permission denied")


def test_too_little_space_is_told_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORE_PLATFORM_CACHE", str(tmp_path))
    usage = namedtuple("usage", "total used free")  # noqa: PYI024 - as shutil's own
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(9, 8, 1_500_000_000))
    require_space(1.5, "Making it")
    with pytest.raises(ImageError) as told:
        require_space(5, "Making it")
    assert str(told.value) == (
        f"Making it needs 5 GB in {tmp_path / 'images'}, where 1.5 GB are free. Free some, or name"
        " another folder with STORE_PLATFORM_CACHE."
    )
