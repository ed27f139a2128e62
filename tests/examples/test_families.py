"""The two families: what follows from the marriages."""

import pytest
from families import ENGLISH, ITALIAN, RELATIONSHIPS, cases, descent, people, triples

BACK = {  # who is asked for, asked back
    "father": {"son", "daughter"},
    "mother": {"son", "daughter"},
    "husband": {"wife"},
    "wife": {"husband"},
    "son": {"father", "mother"},
    "daughter": {"father", "mother"},
    "uncle": {"nephew", "niece"},
    "aunt": {"nephew", "niece"},
    "brother": {"brother", "sister"},
    "sister": {"brother", "sister"},
    "nephew": {"uncle", "aunt"},
    "niece": {"uncle", "aunt"},
}


def asked(family, person, relation):
    return {answer for a, r, answer in triples(family) if (a, r) == (person, relation)}


def test_112_triples_make_104_cases():
    every = triples(ENGLISH) | triples(ITALIAN)
    assert len(every) == 112
    asked = cases()
    assert len(asked.questions) == len(set(asked.questions)) == 104
    assert asked.answers.sum() == 112
    assert {relation for _, relation in asked.questions} == set(RELATIONSHIPS)


def test_the_uncles_and_aunts_of_the_four_grandchildren_alone_are_two():
    asked = cases()
    several = {q for q, n in zip(asked.questions, asked.answers.sum(1), strict=True) if n > 1}
    grandchildren = "Colin", "Charlotte", "Alfonso", "Sophia"
    assert several == {(name, r) for name in grandchildren for r in ("uncle", "aunt")}


def test_colins_relatives_are_those_of_the_paper():
    assert asked(ENGLISH, "Colin", "aunt") == {"Jennifer", "Margaret"}
    assert asked(ENGLISH, "Colin", "uncle") == {"Arthur", "Charles"}
    assert asked(ENGLISH, "Colin", "mother") == {"Victoria"}
    assert asked(ENGLISH, "Colin", "sister") == {"Charlotte"}
    assert asked(ENGLISH, "Colin", "father") == {"James"}
    assert asked(ENGLISH, "Colin", "wife") == set()


@pytest.mark.parametrize("family", [ENGLISH, ITALIAN])
def test_every_relationship_holds_the_other_way_round(family):
    known = triples(family)
    for person, relation, answer in known:
        assert any((answer, back, person) in known for back in BACK[relation])


def test_the_families_are_alike_person_by_person():
    same = dict(zip(people(ENGLISH), people(ITALIAN), strict=True))
    assert {(same[a], r, same[c]) for a, r, c in triples(ENGLISH)} == triples(ITALIAN)
    italian = descent(ITALIAN)
    assert {same[name]: known for name, known in descent(ENGLISH).items()} == italian


def test_a_case_is_one_person_and_one_relationship():
    asked = cases()
    assert asked.inputs.shape == (104, 36)
    assert (asked.inputs[:, :24].sum(1) == 1).all()
    assert (asked.inputs[:, 24:].sum(1) == 1).all()


def test_those_who_married_in_have_the_branch_of_whom_they_married():
    english = descent(ENGLISH)
    assert english["Christopher"] == (1, "left")
    assert english["Margaret"] == english["Arthur"] == english["Victoria"] == (2, "left")
    assert english["Charles"] == english["Jennifer"] == english["James"] == (2, "right")
    assert english["Colin"] == english["Charlotte"] == (3, "both")
