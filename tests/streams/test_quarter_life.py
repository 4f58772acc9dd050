"""Random sequences of acts: whatever persons try, what must never happen does not."""

import random
from itertools import pairwise

import pytest

from processors.quarter_rules import ActRefusedError
from schemas.grading_tables import GRADING_ACTS
from schemas.quarter_acts import RULES
from schemas.quarter_life import QuarterLife
from streams.memory_store import Killed, MemoryStore
from streams.quarter_life import ActLostError, Deed, Person, append_act, read_life
from tests.quarter_story import (
    AGENCIES,
    BANK,
    BODIES,
    CHECKER,
    DAY_MS,
    MAKER,
    NEXT_RUN,
    Q4,
    RUN,
    Story,
    Ticking,
    hash_of,
)

ACTS_TRIED = 120
STEPS = ("cut", "check", "trial", "open_comments", "close_comments", "confer", "publish")
PERSONS = [
    *(Person(f"person-{n}", role) for n in range(6) for role in ("maker", "checker")),
    *(Person(f"for-{agency}", "agency") for agency in (*AGENCIES, "nobody")),
    Person("banker", "bank"),
]


def tried(rng: random.Random, life: QuarterLife) -> Deed:
    """An act that often fits, so that a sequence gets far, and often does not."""
    names = life.allowed if life.allowed and rng.random() < 0.85 else list(RULES)
    act = rng.choice(names)
    # Half the time the step that leads on, so that some quarters are published.
    forward = [step for step in (*STEPS[:-1], "sign", "publish") if step in life.allowed]
    if forward and rng.random() < 0.5:
        act = forward[-1]
    fitting = [one for one in PERSONS if one.role in RULES[act].roles]
    person = rng.choice(fitting if rng.random() < 0.85 else PERSONS)
    body = dict(BODIES.get(act, {}))
    run_id = life.run_id if life.run_id and rng.random() < 0.9 else rng.choice([RUN, NEXT_RUN])
    if act in {"trial", "confer"}:
        body["run_id"] = rng.choice([RUN, NEXT_RUN, hash_of("third")])
    elif act in {"open_comments", "sign", "publish", "confirmation"}:
        body["run_id"] = run_id
    if act == "open_comments":
        body |= {"working_days": 0, "reason": "x", "due": "2099-01-01"}
    if act == "sign":
        body["agency"] = person.name.removeprefix("for-")
    if act in {"manual_confirm", "answer", "appeal_decision"}:
        body["number"] = rng.randint(1, len(life.acts) + 1)
    if act == "answer":
        body |= {"text": "x", "proposal": rng.choice(["", "accept", "reject"])}
    if act == "appeal_decision":
        body |= {"text": "x", "is_accepted": rng.random() < 0.5, "clause": rng.choice(["", "5"])}
    bank = BANK if RULES[act].names_bank and rng.random() < 0.98 else ""
    return Deed(act, person, body, bank)


def check(before: QuarterLife, after: QuarterLife) -> None:
    """What must hold after an act, whichever it was."""
    assert after.broken_at == 0
    assert after.acts[: len(before.acts)] == before.acts
    # What was published is never changed, and only grows.
    assert after.published[: len(before.published)] == before.published
    assert [one.version for one in after.published] == list(range(1, len(after.published) + 1))
    if len(after.published) > len(before.published):
        newest = after.published[-1]
        assert sorted(signer.agency for signer in newest.signers) == sorted(AGENCIES)
        assert newest.run_id == before.run_id
        signed = [act.body["run_id"] for act in after.acts if act.act == "sign"]
        assert signed[-len(AGENCIES) :] == [newest.run_id] * len(AGENCIES)
    for entry in after.manual:
        assert entry.confirmed_by != entry.person
    for reply in after.replies:
        assert not reply.decided_by or reply.decided_by != reply.answered_by
    assert after.state != "published" or after.published


def persons_of_steps(life: QuarterLife, until: int) -> list[str]:
    """Who took the steps that led to the publication in act ``until``."""
    newest = {act.act: act.person for act in life.acts[:until]}
    return [newest[step] for step in STEPS]


def test_whatever_is_tried_the_rules_hold() -> None:
    published = refused = 0
    for seed in range(25):
        rng = random.Random(seed)
        store, clock = MemoryStore(), Ticking()
        life = read_life(store, Q4)
        for _ in range(ACTS_TRIED):
            clock.ms += rng.randint(0, DAY_MS)
            try:
                after = append_act(store, clock, Q4, tried(rng, life))
            except ActRefusedError:
                refused += 1
                assert read_life(store, Q4) == life
                continue
            check(life, after)
            life = after
        published += len(life.published)
        for one in life.published:
            persons = persons_of_steps(life, one.number)
            assert all(first != second for first, second in pairwise(persons))
    assert published > 8
    assert refused > 300


class Meanwhile(MemoryStore):
    """A store in which another process writes just before an insert of ours."""

    def __init__(self) -> None:
        super().__init__()
        self.before = lambda: None

    def insert(self, table, rows) -> None:
        if table is GRADING_ACTS:
            before, self.before = self.before, lambda: None
            before()
        super().insert(table, rows)


def other_process(store: MemoryStore, at_ms: int) -> None:
    """What another process does that read the acts when we did: it knows nothing of our lock."""
    twin = MemoryStore()
    clock = Ticking()
    clock.ms = at_ms
    append_act.__globals__["_writing"].release()
    try:
        append_act(twin, clock, Q4, Deed("cut", Person("other", "maker"), BODIES["cut"]))
    finally:
        append_act.__globals__["_writing"].acquire()
    super(Meanwhile, store).insert(GRADING_ACTS, twin.read(GRADING_ACTS))


@pytest.mark.parametrize(("earlier_ms", "winner"), [(5_000, "other"), (-5_000, MAKER.name)])
def test_of_two_processes_that_write_one_number_the_earlier_keeps_it(
    earlier_ms: int, winner: str
) -> None:
    store, clock = Meanwhile(), Ticking()
    store.before = lambda: other_process(store, clock.ms - earlier_ms)
    deed = Deed("cut", MAKER, BODIES["cut"])

    if winner == MAKER.name:
        append_act(store, clock, Q4, deed)
    else:
        with pytest.raises(ActLostError, match="somebody else wrote act 1 first"):
            append_act(store, clock, Q4, deed)

    life = read_life(store, Q4)
    assert [act.person for act in life.acts] == [winner]
    assert life.broken_at == 0


def test_who_has_not_seen_the_last_act_is_told() -> None:
    story = Story(MemoryStore())
    story.to("check")

    with pytest.raises(ActLostError, match="wrote act 2 first"):
        append_act(story.store, story.clock, Q4, Deed("trial", MAKER, {"run_id": RUN}), after=1)


def test_a_reader_between_the_writes_sees_the_old_version_or_the_new_one() -> None:
    story = Story(MemoryStore())
    first = story.to("publish")
    seen = []
    for act in ("reopen", "cut", "check", "trial"):
        story.do(act)
        seen.append(read_life(story.store, Q4).published)
    assert all(published == first.published for published in seen)

    # A process that dies before its row leaves nothing of the act.
    dying = story.store.copy(kill=lambda: True)
    deed = Deed("open_comments", CHECKER, BODIES["open_comments"])
    with pytest.raises(Killed):
        append_act(dying, story.clock, Q4, deed)
    assert read_life(dying, Q4) == read_life(story.store, Q4)
