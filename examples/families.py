"""The two families of Rumelhart, Hinton & Williams (Nature, 1986, Fig. 2), and what follows.

The marriages and their children are listed; all relationships are derived from them, uncles
and aunts by marriage included: 112 triples such as (Colin, aunt, Jennifer).  Asking a person
and a relationship makes a *case*; the answer may be several people.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

RELATIONSHIPS = (
    "father", "mother", "husband", "wife", "son", "daughter",
    "uncle", "aunt", "brother", "sister", "nephew", "niece",
)  # fmt: skip


class Marriage(NamedTuple):
    """Husband, wife and their children."""

    husband: str
    wife: str
    sons: tuple[str, ...] = ()
    daughters: tuple[str, ...] = ()


ENGLISH = (
    Marriage("Christopher", "Penelope", ("Arthur",), ("Victoria",)),
    Marriage("Andrew", "Christine", ("James",), ("Jennifer",)),
    Marriage("Arthur", "Margaret"),
    Marriage("James", "Victoria", ("Colin",), ("Charlotte",)),
    Marriage("Charles", "Jennifer"),
)
ITALIAN = (
    Marriage("Roberto", "Maria", ("Emilio",), ("Lucia",)),
    Marriage("Pierro", "Francesca", ("Marco",), ("Angela",)),
    Marriage("Emilio", "Gina"),
    Marriage("Marco", "Lucia", ("Alfonso",), ("Sophia",)),
    Marriage("Tomaso", "Angela"),
)

Triple = tuple[str, str, str]  # person, relationship, the person asked for


def people(family: tuple[Marriage, ...]) -> list[str]:
    """Everyone, in the order in which the marriages name them."""
    return list(dict.fromkeys(
        name for m in family for name in (m.husband, m.wife, *m.sons, *m.daughters)
    ))  # fmt: skip


def men(family: tuple[Marriage, ...]) -> set[str]:
    """The husbands and sons."""
    return {m.husband for m in family} | {son for m in family for son in m.sons}


def triples(family: tuple[Marriage, ...]) -> set[Triple]:
    """Everything that is true of the family."""
    facts: set[Triple] = set()
    for husband, wife, sons, daughters in family:
        facts |= {(husband, "wife", wife), (wife, "husband", husband)}
        for child in sons + daughters:
            facts |= {(child, "father", husband), (child, "mother", wife)}
        for relation, children in ("son", sons), ("daughter", daughters):
            facts |= {(parent, relation, c) for parent in (husband, wife) for c in children}
        for relation, children in ("brother", sons), ("sister", daughters):
            facts |= {
                (child, relation, c) for child in sons + daughters for c in children if c != child
            }
    return facts | _uncles_and_aunts(family, facts)


def _uncles_and_aunts(family: tuple[Marriage, ...], known: set[Triple]) -> set[Triple]:
    """A parent's brothers and sisters, their spouses, and the other way round."""

    def of(person: str, *relations: str) -> set[str]:
        return {c for a, relation, c in known if a == person and relation in relations}

    male = men(family)
    facts: set[Triple] = set()
    for child in people(family):
        parents = of(child, "father", "mother")
        siblings = {name for parent in parents for name in of(parent, "brother", "sister")}
        spouses = {name for sibling in siblings for name in of(sibling, "husband", "wife")}
        for elder in siblings | spouses:
            facts |= {
                (child, "uncle" if elder in male else "aunt", elder),
                (elder, "nephew" if child in male else "niece", child),
            }
    return facts


class Cases(NamedTuple):
    """Questions and answers, as rows of 0s and 1s.

    Attributes
    ----------
    people : list of str
        The English, then the Italians: the names of the columns.
    questions : list of (person, relationship)
    inputs : array (cases, people + relationships)
        A 1 for the person and a 1 for the relationship.
    answers : array (cases, people)
        A 1 for everyone who is right.
    """

    people: list[str]
    questions: list[tuple[str, str]]
    inputs: np.ndarray
    answers: np.ndarray


def cases() -> Cases:
    """Every question about both families."""
    names = people(ENGLISH) + people(ITALIAN)
    place = {name: k for k, name in enumerate((*names, *RELATIONSHIPS))}
    every = sorted(triples(ENGLISH) | triples(ITALIAN), key=lambda t: [place[word] for word in t])
    questions = list(dict.fromkeys((person, relation) for person, relation, _ in every))
    inputs, answers = np.zeros((len(questions), len(place))), np.zeros((len(questions), len(names)))
    for k, (person, relation) in enumerate(questions):
        inputs[k, [place[person], place[relation]]] = 1.0
    for person, relation, answer in every:
        answers[questions.index((person, relation)), place[answer]] = 1.0
    return Cases(names, questions, inputs, answers)


# ── what the paper finds in the six units ─────────────────────────────────────


def descent(family: tuple[Marriage, ...]) -> dict[str, tuple[int, str]]:
    """For every person the generation, from 1, and the branch: "left", "right" or "both".

    Someone who married in belongs to the spouse's branch, a child of two branches to both.
    """
    parents = {child: (m.husband, m.wife) for m in family for child in m.sons + m.daughters}
    spouse = {a: b for m in family for a, b in ((m.husband, m.wife), (m.wife, m.husband))}
    founders = [m for m in family if m.husband not in parents and m.wife not in parents]
    places = {
        name: (1, branch)
        for m, branch in zip(founders, ("left", "right"), strict=True)
        for name in (m.husband, m.wife)
    }
    for name in people(family):
        if name in places:
            continue
        born = name if name in parents else spouse[name]
        above = [places[parent] for parent in parents[born]]
        branches = {branch for _, branch in above}
        places[name] = (above[0][0] + 1, branches.pop() if len(branches) == 1 else "both")
    return places


def features(names: list[str]) -> dict[str, list[str]]:
    """For every person the nationality, generation, branch ("" for both) and sex."""
    known = descent(ENGLISH) | descent(ITALIAN)
    male, english = men(ENGLISH + ITALIAN), set(people(ENGLISH))
    return {
        "nationality": ["English" if name in english else "Italian" for name in names],
        "generation": [str(known[name][0]) for name in names],
        "branch": [known[name][1].replace("both", "") for name in names],
        "sex": ["man" if name in male else "woman" for name in names],
    }
