"""How the rounds of a benchmark become one line of its table."""

from tests.bench.report import Figure, median_round, table


def figure(share: float) -> Figure:
    return Figure("P0", f"{share} s", "1 s", f"{share} x", "<= 1 x", share)


def test_the_median_round_stands_with_the_best_and_the_worst_beside_it() -> None:
    found = median_round([figure(1.4), figure(0.8), figure(0.9)])
    assert (found.ours, found.compared, found.share) == ("0.9 s", "0.9 x", 0.9)
    assert found.spread == "0.8 x to 1.4 x, 3 rounds"
    assert found.is_met


def test_of_two_rounds_the_worse_counts() -> None:
    assert not median_round([figure(0.9), figure(1.1)]).is_met


def test_one_round_says_so() -> None:
    assert median_round([figure(0.5)]) == figure(0.5)
    assert table([figure(0.5)]).splitlines() == [
        "| figure | ours  | baseline | compared | spread    | goal   | met |",
        "|--------|-------|----------|----------|-----------|--------|-----|",
        "| P0     | 0.5 s | 1 s      | 0.5 x    | one round | <= 1 x | yes |",
    ]
