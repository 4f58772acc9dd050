"""Random methodologies: every node of every explanation follows, and draws of nothing are the run."""

import random

import numpy as np

from processors.sensitivity import CHOICES, Sampling, draw_grades
from processors.sensitivity_points import score
from tests.processors.grading.random_methods import random_case
from tests.processors.grading.test_explanation import assert_every_node_follows, run_on
from tests.processors.test_sensitivity import STILL


def test_every_node_of_60_random_methodologies_follows_from_its_children() -> None:
    node_count = 0
    for seed in range(60):
        case = random_case(random.Random(seed))
        run = run_on(case.table, case.methodology)
        node_count += len(assert_every_node_follows(run, case.methodology))

    assert node_count > 10_000


def test_with_nothing_varied_every_draw_of_100_random_methodologies_is_the_run() -> None:
    for seed in range(100):
        case = random_case(random.Random(seed))
        run = run_on(case.table, case.methodology)
        names = [level.name for level in case.methodology.grading.levels]
        sampling = Sampling(
            case.table, case.methodology, score(case.table, case.methodology, []), STILL,
            np.random.default_rng(seed),
        )  # fmt: skip

        found = draw_grades(sampling, set(CHOICES))

        for n, bank in enumerate(run.banks):
            place = names.index(bank.grade) if bank.grade in names else -1
            assert set(found.level[:, n].tolist()) == {place}, seed
            if place >= 0:
                total = bank.total_hundred_millionths
                assert set(found.total[:, n].tolist()) == {total}, seed
                assert set(found.rank[:, n].tolist()) == {bank.rank}, seed
