"""Random methodologies: the long form of these runs is tests/benchmarks/random_methods.py."""

from tests.processors.grading.random_checks import check_seed

SEEDS = range(200)


def test_200_random_methodologies_grade_as_the_slow_reference_does() -> None:
    grades = [grade for seed in SEEDS for grade in check_seed(seed)]

    # Random ones that rate nobody, or give one grade only, would prove little.
    assert {"a", "b", "c", "not_rated"} <= set(grades)
    assert grades.count("not_rated") < len(grades) // 2
