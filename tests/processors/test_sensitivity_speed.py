from tests.benchmarks.sensitivity import measured


def test_a_thousand_draws_of_four_hundred_banks_take_less_than_ten_seconds_of_one_core() -> None:
    taken = measured()

    assert taken["uncertainty_s"] < 10
