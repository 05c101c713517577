"""The draw: the same from the same seed, as likely as the weights say, nobody twice before everybody once."""

import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from server.spotchecks.draw import Candidate, moment, number, pick, ranked, seed_of

HEAD, SECRET = "ab" * 32, "12" * 32
PEOPLE = [Candidate(uuid.UUID(int=n), 1, 0) for n in range(1, 21)]
DRAWS = [uuid.uuid5(uuid.NAMESPACE_URL, str(n)) for n in range(10_000)]


def chi_square(counts: list[int], expected: list[float]) -> float:
    return sum((seen - wanted) ** 2 / wanted for seen, wanted in zip(counts, expected, strict=True))


def test_it_is_uniform_over_ten_thousand_draws() -> None:
    """19 degrees of freedom: above 43.8 lies one in a thousand. The draws' ids are fixed, so this is no chance."""
    drawn = Counter(one.id for draw in DRAWS for one in pick(PEOPLE, 1, seed_of(HEAD, draw, SECRET)))
    assert chi_square([drawn[one.id] for one in PEOPLE], [len(DRAWS) / 20] * 20) < 43.8


def test_of_five_drawn_each_place_is_anybodys() -> None:
    places = [Counter(pick(PEOPLE, 5, seed_of(HEAD, draw, SECRET))[place].id for draw in DRAWS) for place in range(5)]
    for drawn in places:
        assert chi_square([drawn[one.id] for one in PEOPLE], [len(DRAWS) / 20] * 20) < 43.8


def test_a_weight_of_two_is_twice_as_likely() -> None:
    """Three degrees of freedom: above 16.3 lies one in a thousand."""
    people = [Candidate(one.id, weight, 0) for one, weight in zip(PEOPLE[:4], (1, 1, 2, 4), strict=True)]
    drawn = Counter(one.id for draw in DRAWS for one in pick(people, 1, seed_of(HEAD, draw, SECRET)))
    expected = [len(DRAWS) * weight / 8 for weight in (1, 1, 2, 4)]
    assert chi_square([drawn[one.id] for one in people], expected) < 16.3


CANDIDATES = st.lists(
    st.builds(Candidate, st.uuids(), st.integers(1, 5), st.integers(0, 3)), unique_by=lambda one: one.id, max_size=30
)


@given(CANDIDATES, st.integers(1, 40), st.text("0123456789abcdef", min_size=64, max_size=64), st.randoms())
def test_it_is_the_same_again_in_whatever_order_they_are_listed(people, count, seed, rng) -> None:
    shuffled = rng.sample(people, len(people))
    drawn = pick(people, count, seed)
    assert drawn == pick(shuffled, count, seed)
    assert len({one.id for one in drawn}) == len(drawn) == min(count, len(people))


@given(CANDIDATES, st.integers(1, 40), st.text("0123456789abcdef", min_size=64, max_size=64))
def test_nobody_is_drawn_twice_before_everybody_once(people, count, seed) -> None:
    drawn = pick(people, count, seed)
    left = [one for one in people if one not in drawn]
    assert not left or not drawn or max(one.times for one in drawn) <= min(one.times for one in left)


@given(CANDIDATES, st.text("0123456789abcdef", min_size=64, max_size=64))
def test_to_be_left_out_changes_nothing_for_the_others(people, seed) -> None:
    """So an exclusion can be checked by itself: whoever else was drawn would have been drawn, too."""
    order = [one.id for one in ranked(people, seed)]
    for gone in people[:3]:
        assert [one.id for one in ranked([p for p in people if p != gone], seed)] == [i for i in order if i != gone.id]


def test_a_seed_that_leaked_foretells_no_later_draw() -> None:
    """Who is drawn under one seed says nothing about the next: in 10 000 pairs the same first one comes out as often
    as chance has it. One in twenty: 500 of 10 000, six standard deviations are 131."""
    firsts = [pick(PEOPLE, 1, seed_of(HEAD, draw, SECRET))[0].id for draw in DRAWS]
    same = sum(before == after for before, after in pairwise(firsts))
    assert abs(same - len(DRAWS) / 20) < 131
    assert seed_of(HEAD, DRAWS[0], SECRET) != seed_of("cd" * 32, DRAWS[0], SECRET), "the same draw at another moment"
    assert seed_of(HEAD, DRAWS[0], SECRET) != seed_of(HEAD, DRAWS[0], "34" * 32), "nor by who sees the chain"


@given(st.uuids(), st.text("0123456789abcdef", min_size=64, max_size=64), st.integers(0, 86_400))
def test_ones_own_moment_lies_in_the_window(id_, seed, long_s) -> None:
    starts = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
    at = moment(seed, id_, starts, starts + timedelta(seconds=long_s))
    assert starts <= at <= starts + timedelta(seconds=long_s)
    assert 0 < number(seed, id_) < 1
