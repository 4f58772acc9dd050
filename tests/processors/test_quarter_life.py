"""The rules of a quarter's life: who may do what, and after whom."""

import msgspec
import pytest

from processors.quarter_life import life_of
from processors.quarter_rules import ActRefusedError
from schemas.quarter_acts import RULES
from schemas.quarter_life import STATES, act_sha256
from streams.memory_store import MemoryStore
from streams.quarter_life import Person, read_life
from tests.quarter_story import (
    AGENCIES,
    BANKER,
    BODIES,
    CHECKER,
    DAY_MS,
    MAKER,
    NEXT_RUN,
    OTHER_CHECKER,
    OTHER_MAKER,
    Q4,
    RUN,
    SIGNERS,
    WHO,
    Story,
)


@pytest.fixture
def story() -> Story:
    return Story(MemoryStore())


def test_a_quarter_that_nobody_acted_on_is_open_in_version_1(story: Story) -> None:
    life = read_life(story.store, Q4)

    assert (life.state, life.version, life.acts) == ("open", 1, [])
    assert life.allowed == ["cut", "manual_enter", "self_assessment"]


def test_every_state_is_reached_in_order(story: Story) -> None:
    states = [read_life(story.store, Q4).state]
    states += [story.do(act).state for act in ("cut", "check", "trial", "open_comments")]
    story.clock.ms += 8 * DAY_MS
    story.do("close_comments")
    states.append(story.do("confer").state)
    states += [story.sign(agency).state for agency in AGENCIES][-1:]
    states.append(story.do("publish").state)

    assert tuple(states) == STATES


def test_what_is_published_names_run_number_signers_and_time(story: Story) -> None:
    (published,) = story.to("publish").published

    assert (published.version, published.run_id, published.document_number) == (1, RUN, "5")
    assert [signer.agency for signer in published.signers] == list(AGENCIES)
    assert published.published_at_ms == story.clock.ms


STEP_BEFORE = [
    ("cut", "check"),
    ("check", "trial"),
    ("trial", "open_comments"),
    ("open_comments", "close_comments"),
    ("close_comments", "confer"),
]


@pytest.mark.parametrize(("before", "act"), STEP_BEFORE)
def test_who_took_a_step_may_not_take_the_next_one(story: Story, before: str, act: str) -> None:
    story.to(before)
    story.clock.ms += 8 * DAY_MS
    # Somebody who had the other role meanwhile, or two names for one principal.
    same = Person(WHO[before].name, WHO[act].role)

    with pytest.raises(ActRefusedError, match=rf"did {before} in this version"):
        story.do(act, same)


def test_who_conferred_does_not_publish_and_who_published_does_not_reopen(story: Story) -> None:
    story.to("sign")
    with pytest.raises(ActRefusedError, match="did confer"):
        story.do("publish", Person(CHECKER.name, "maker"))
    story.do("publish")
    with pytest.raises(ActRefusedError, match="did publish"):
        story.do("reopen", Person(MAKER.name, "checker"))


def test_who_proposed_a_change_does_not_confer_on_it(story: Story) -> None:
    story.to("close_comments")
    story.do("change", OTHER_MAKER)

    with pytest.raises(ActRefusedError, match="did change"):
        story.do("confer", Person(OTHER_MAKER.name, "checker"))


@pytest.mark.parametrize("act", sorted(WHO))
def test_a_step_needs_its_role(story: Story, act: str) -> None:
    wrong = {"maker": OTHER_CHECKER, "checker": OTHER_MAKER, "bank": MAKER}[WHO[act].role]
    before = {
        "manual_enter": "cut",
        "publish": "sign",
        "reopen": "publish",
        "change": "close_comments",
    }
    steps = ["cut", "check", "trial", "open_comments", "close_comments", "confer"]
    if act in steps[1:]:
        before[act] = steps[steps.index(act) - 1]
    if act in {"comment", "confirmation", "appeal", "self_assessment"}:
        before[act] = "open_comments"
    if act in before:
        story.to(before[act])

    with pytest.raises(ActRefusedError, match="expected a"):
        story.do(act, wrong)


@pytest.mark.parametrize("act", ["check", "trial", "open_comments", "confer", "publish", "comment"])
def test_a_step_out_of_turn_is_refused_and_told_what_may_be_done(story: Story, act: str) -> None:
    with pytest.raises(ActRefusedError, match=r"the quarter is open .*Now allowed: cut"):
        story.do(act)

    assert read_life(story.store, Q4).acts == []


def test_each_agency_signs_once_and_only_those_of_the_cut(story: Story) -> None:
    story.to("confer")
    story.sign(AGENCIES[0])

    with pytest.raises(ActRefusedError, match="each signs once"):
        story.do("sign", Person("another", "agency"), agency=AGENCIES[0], run_id=RUN)
    with pytest.raises(ActRefusedError, match="expected one of local_finance, central_bank"):
        story.do("sign", Person("another", "agency"), agency="nobody", run_id=RUN)
    assert read_life(story.store, Q4).state == "conferred"


def test_comments_are_open_until_the_end_of_the_due_day(story: Story) -> None:
    story.to("open_comments")
    with pytest.raises(ActRefusedError, match="until the end of 2022-01-17"):
        story.do("close_comments")
    story.do("comment")
    story.clock.ms += 8 * DAY_MS
    with pytest.raises(ActRefusedError, match="were due on 2022-01-17"):
        story.do("comment")

    assert story.do("close_comments").comments_closed


def test_a_period_of_no_days_needs_a_reason(story: Story) -> None:
    story.to("trial")
    with pytest.raises(ActRefusedError, match="need a reason"):
        story.do("open_comments", working_days=0, due="2022-01-10")
    story.do("open_comments", working_days=0, due="2022-01-10", reason="the same as version 1")

    assert story.do("close_comments").comments_closed


def test_open_findings_need_a_reason(story: Story) -> None:
    story.to("cut")
    finding = {"kind": "silent", "bank_id": "x", "zh": "静默", "en": "silent"}
    with pytest.raises(ActRefusedError, match="1 findings are open"):
        story.do("check", findings=[finding])

    assert story.do("check", findings=[finding], reason="known").state == "checked"


def test_reopened_the_next_version_begins_and_the_published_one_stays(story: Story) -> None:
    published = story.to("publish").published
    life = story.do("reopen")
    assert (life.state, life.version, life.run_id) == ("open", 2, "")
    assert life.published == published

    again = {"run_id": NEXT_RUN}
    story.do("cut")
    story.do("check")
    story.do("trial", **again)
    story.do("open_comments", due="2022-01-30", **again)
    story.clock.ms += 14 * DAY_MS
    story.do("close_comments")
    story.do("confer", **again)
    for agency in AGENCIES:
        story.do("sign", SIGNERS[agency], agency=agency, **again)
    life = story.do("publish", document_number="8", **again)

    assert [(one.version, one.run_id) for one in life.published] == [(1, RUN), (2, NEXT_RUN)]
    assert life.published[0] == published[0]


def test_reopened_before_it_was_published_the_version_keeps_its_number(story: Story) -> None:
    story.to("sign")
    life = story.do("reopen")

    assert (life.state, life.version, life.signers, life.published) == ("open", 1, [], [])


def test_a_value_by_hand_counts_once_another_person_has_confirmed_it(story: Story) -> None:
    number = story.do("manual_enter").acts[-1].number
    with pytest.raises(ActRefusedError, match="another person"):
        story.do("manual_confirm", MAKER, number=number)
    (entry,) = story.do("manual_confirm", OTHER_MAKER, number=number).manual
    assert (entry.person, entry.confirmed_by) == (MAKER.name, OTHER_MAKER.name)
    with pytest.raises(ActRefusedError, match="enter another value"):
        story.do("manual_confirm", CHECKER, number=number)

    second = story.do("manual_enter", value="2").acts[-1].number
    assert not read_life(story.store, Q4).manual[0].is_replaced
    life = story.do("manual_confirm", CHECKER, number=second)
    assert [entry.is_replaced for entry in life.manual] == [True, False]


def test_an_appeal_is_answered_by_a_maker_and_decided_by_another_person(story: Story) -> None:
    story.to("open_comments")
    number = story.do("appeal").acts[-1].number
    decided = {"number": number, "is_accepted": True, "text": "so it is", "clause": "5"}
    with pytest.raises(ActRefusedError, match="has to answer"):
        story.do("appeal_decision", CHECKER, **decided)
    story.do("answer", MAKER, number=number, text="looked at", proposal="accept")
    with pytest.raises(ActRefusedError, match="another decides"):
        story.do("appeal_decision", Person(MAKER.name, "checker"), **decided)
    with pytest.raises(ActRefusedError, match="without a clause"):
        story.do("appeal_decision", CHECKER, **(decided | {"clause": ""}))
    life = story.do("appeal_decision", CHECKER, **decided)

    (change,) = life.changes
    assert (change.act, change.value, change.clause) == ("appeal_decision", "30", "5")
    assert life.replies[0].decision == "accepted"
    with pytest.raises(ActRefusedError, match="accepted already"):
        story.do("appeal_decision", CHECKER, **decided)


def test_nobody_confers_while_an_appeal_waits(story: Story) -> None:
    story.to("open_comments")
    number = story.do("appeal").acts[-1].number
    story.clock.ms += 8 * DAY_MS
    story.do("close_comments")

    with pytest.raises(ActRefusedError, match=f"nobody has decided appeal {number}"):
        story.do("confer")


def test_a_change_replaces_an_earlier_one_and_an_empty_one_takes_it_back(story: Story) -> None:
    story.to("close_comments")
    story.do("change")
    (change,) = story.do("change", value="13").changes
    assert change.value == "13"

    assert story.do("change", value="").changes == []
    with pytest.raises(ActRefusedError, match="to take back"):
        story.do("change", value="")
    with pytest.raises(ActRefusedError, match="expected one of them"):
        story.do("change", grade_at_most="fair")


def test_a_bank_confirms_a_version_once(story: Story) -> None:
    story.to("open_comments")
    story.do("confirmation")

    with pytest.raises(ActRefusedError, match="has confirmed this version already"):
        story.do("confirmation")


def test_what_does_not_fit_an_act_is_refused(story: Story) -> None:
    with pytest.raises(ActRefusedError, match="it may hold as_of"):
        story.do("cut", as_of="yesterday")
    with pytest.raises(ActRefusedError, match="unknown field"):
        story.do("cut", colour="red")


@pytest.mark.parametrize("part", ["person", "at_ms", "body", "previous_sha256", "act", "bank_id"])
@pytest.mark.parametrize("place", [0, 3, 8])
def test_a_changed_act_breaks_the_chain_there(story: Story, place: int, part: str) -> None:
    acts = list(story.to("publish").acts)
    other = {"at_ms": 1, "body": {"reason": "x"}}.get(part, "x")
    acts[place] = msgspec.structs.replace(acts[place], **{part: other})

    life = life_of(str(Q4), acts, act_sha256)

    assert life.broken_at == place + 1
    assert life.allowed == []


def test_an_act_that_was_taken_out_is_missed(story: Story) -> None:
    acts = story.to("publish").acts

    assert life_of(str(Q4), [*acts[:4], *acts[5:]], act_sha256).broken_at == 5


def test_an_act_that_no_rule_allows_breaks_the_chain_though_its_hash_fits(story: Story) -> None:
    first = story.to("cut").acts[0]
    forged = msgspec.structs.replace(
        first, number=2, act="publish", body=BODIES["publish"], previous_sha256=first.sha256
    )
    forged = msgspec.structs.replace(forged, sha256=act_sha256(forged))

    life = life_of(str(Q4), [first, forged], act_sha256)

    assert (life.broken_at, life.state, life.published) == (2, "cut", [])
    assert "expected signed" in life.broken_en


def test_every_act_has_words_and_roles() -> None:
    assert all(rule.words.zh and rule.words.en and rule.roles for rule in RULES.values())
    assert {role for rule in RULES.values() for role in rule.roles} == {
        "maker", "checker", "agency", "bank",
    }  # fmt: skip
    assert BANKER.role in RULES["appeal"].roles
