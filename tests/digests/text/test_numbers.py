import pytest

from digests.text.keys import field_keys, lemma_keys
from digests.text.numbers import with_values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("погибли четверо", ["4"]),
        ("спасли шестерых", ["6"]),
        ("вышли сорок два человека", ["42"]),
        ("площадь 3 тысячи метров", ["3000"]),
        ("площадь 3000 метров", ["3000"]),
        ("площадь 3 000 метров", ["3000"]),
        ("утекли 1,8 млн строк", ["1800000"]),
        ("сделка на 38 миллиардов", ["38000000000"]),
        ("burned 11,300 hectares", ["11300"]),
        ("ставка 16,9 %", ["16.9"]),
        ("twenty five thousand people", ["25000"]),
        ("в 2026 году", ["2026"]),
        ("полторы тысячи жителей", ["1500"]),
        ("не сорок, а шестьдесят пять", ["40", "65"]),
        ("сто двадцать пять и шесть", ["125", "6"]),
        ("никаких чисел", []),
    ],
)
def test_a_number_is_its_value_however_it_is_written(text: str, values: list[str]) -> None:
    found = with_values(lemma_keys(field_keys([text])))
    assert [key for key in found if key[0].isdigit()] == values


def test_what_is_no_number_stays() -> None:
    lemmas = ["17.05.2020", "90х", "тысяча", "город"]
    assert with_values(lemmas) == lemmas
