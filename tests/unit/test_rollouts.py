"""What is to be done for a rollout next, by how its turns stand."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.domain.rollouts import (
    Moves,
    RolloutStatus,
    RolloutTerms,
    Turn,
    TurnStatus,
    next_moves,
)

TERMS = RolloutTerms("tiny", "2", canaries=2, parallel=3, stop_after_failures=2)
STATUS_OF = {
    "p": TurnStatus.PENDING, "r": TurnStatus.RUNNING, "s": TurnStatus.SUCCEEDED,
    "f": TurnStatus.FAILED, "a": TurnStatus.FAILED, "k": TurnStatus.SKIPPED,
}  # fmt: skip
WAIT = Moves()
FINISHED = Moves(status=RolloutStatus.FINISHED)


def turns(letters: str) -> list[Turn]:
    """Return one turn for each letter; an "a" has failed before the rollout was resumed."""
    return [
        Turn(
            f"id-{index}", f"shop-{index}", "1", STATUS_OF[letter],
            message="It broke." if letter in "fa" else "", is_accepted=letter == "a",
        )
        for index, letter in enumerate(letters)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("letters", "begun", "room"),
    [
        ("pppppp", "01", 3),  # the canaries, alone
        ("rppppp", "1", 2),
        ("srpppp", "", 2),  # not before the last one has succeeded
        ("ssppppp", "23456", 3),
        ("sskrrpp", "56", 1),
        ("ssrrrpp", "56", 0),
        ("kpkpppp", "13", 3),  # who is passed over is no canary
        ("ssfpppp", "3456", 3),  # one failure of two
        ("saspppp", "3456", 3),  # what failed before it was resumed is no canary either
        ("aappppp", "23", 3),
    ],
)
def test_turns_begin_in_their_order(letters: str, begun: str, room: int) -> None:
    moves = next_moves(TERMS, turns(letters))
    assert "".join(turn.store_id.removeprefix("id-") for turn in moves.candidates) == begun
    assert (moves.room, moves.status, moves.reason) == (room, RolloutStatus.RUNNING, "")


@pytest.mark.parametrize(
    ("letters", "moves"),
    [
        ("ssssss", FINISHED),
        ("ssfsk", FINISHED),
        ("kkkkk", FINISHED),
        ("", FINISHED),
        ("sssssr", WAIT),
        ("frpppp", WAIT),  # those that run come to their end first
        ("ssffrr", WAIT),
    ],
)
def test_it_waits_and_finishes(letters: str, moves: Moves) -> None:
    assert next_moves(TERMS, turns(letters)) == moves


@pytest.mark.parametrize(
    ("letters", "reason"),
    [
        ("fspppp", "The shop shop-0, which came first, could not be upgraded: It broke."),
        ("sfpppp", "The shop shop-1, which came first, could not be upgraded: It broke."),
        ("kfpppp", "The shop shop-1, which came first, could not be upgraded: It broke."),
        ("ssfsfp", "2 shops could not be upgraded; shop-4: It broke."),
        ("ssfsf", "2 shops could not be upgraded; shop-4: It broke."),
    ],
)
def test_it_stops_after_failures(letters: str, reason: str) -> None:
    moves = next_moves(TERMS, turns(letters))
    assert moves == Moves(status=RolloutStatus.STOPPED, reason=reason)


def test_one_failure_can_be_enough() -> None:
    moves = next_moves(replace(TERMS, canaries=0, stop_after_failures=1), turns("pfp"))
    assert moves.reason == "1 shop could not be upgraded; shop-1: It broke."


@given(
    outcomes=st.lists(st.sampled_from("sfk"), max_size=12),
    canaries=st.integers(0, 4),
    parallel=st.integers(1, 4),
    stop_after=st.integers(1, 3),
)
def test_it_comes_to_an_end_and_keeps_its_terms(
    outcomes: list[str], canaries: int, parallel: int, stop_after: int
) -> None:
    terms = RolloutTerms("tiny", "2", canaries, parallel, stop_after)
    now = ["p"] * len(outcomes)
    for _ in range(3 * len(outcomes) + 3):
        moves = next_moves(terms, turns("".join(now)))
        if moves.status is not RolloutStatus.RUNNING:
            break
        room = moves.room
        for turn in moves.candidates:
            place = int(turn.store_id.removeprefix("id-"))
            if room and now[place] == "p":
                now[place] = "k" if outcomes[place] == "k" else "r"
                room -= now[place] == "r"
        assert now.count("r") <= parallel
        first_failed = next((i for i, letter in enumerate(now) if letter == "r"), None)
        if first_failed is not None:
            now[first_failed] = outcomes[first_failed]
    assert moves.status in {RolloutStatus.STOPPED, RolloutStatus.FINISHED}
    if moves.status is RolloutStatus.FINISHED:
        assert "p" not in now
    # Those beside the last failure had begun before it
    assert now.count("f") <= stop_after + parallel - 1
