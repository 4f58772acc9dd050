"""A certificate proves a run to somebody who has nothing but two files and a key."""

import os
import random
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import msgspec
import pytest

from infra import certificate_checking
from infra.certificate import sign_certificate
from infra.certificate_checking import STEPS, verify
from infra.input_pack import (
    MANIFEST,
    METHODOLOGY,
    RESULTS,
    TOTALS,
    Inputs,
    PackError,
    pack_bytes,
    read_pack,
)
from infra.intake.signing import SigningKey
from infra.pack_rows import given_json, given_of_json, published_csv, published_of_csv, totals_csv
from infra.repeatable_zip import ZipPartsError, parts_of_zip, sha256_of, zip_of
from processors.grading.table import Cell
from schemas.certificate import Manifest, PackedPart
from schemas.codes import Population, Status
from schemas.grading import BankGrade
from streams.evaluate import read_snapshot
from tests.infra.certificate_story import SIGNED_AT_MS, Papers, papers
from tests.processors.test_grading import eight
from tests.stored_totals import StoredTotals

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    return papers(tmp_path_factory.mktemp("papers"))


@pytest.fixture
def key(story: Papers) -> SigningKey:
    """The key that signed the story: what an insider has."""
    return story.signer


def failed(found: certificate_checking.Verification) -> tuple[str, str]:
    """Return name and detail of the step that failed, the last one taken."""
    assert not found.is_ok
    last = found.steps[-1]
    assert not last.is_ok
    return last.name, last.detail


def repacked(story: Papers, name: str, content: bytes) -> bytes:
    """Return the pack with another part, and a manifest that fits it."""
    parts = parts_of_zip(story.pack) | {name: content}
    manifest = msgspec.json.decode(parts[MANIFEST], type=Manifest)
    listed = [
        PackedPart(name=part, sha256=sha256_of(parts[part]), size_bytes=len(parts[part]))
        for part in sorted(parts)
        if part != MANIFEST
    ]
    told = msgspec.structs.replace(manifest, parts=listed)
    return zip_of(parts | {MANIFEST: msgspec.json.encode(told)})


def signed(story: Papers, pack: bytes, key: SigningKey) -> bytes:
    return sign_certificate(story.run, pack, key, now_ms=SIGNED_AT_MS, is_synthetic=True)


def test_what_was_certified_is_computed_again_step_by_step(story: Papers) -> None:
    found = verify(story.certificate, story.pack, story.key)

    assert found.is_ok
    assert [step.name for step in found.steps] == list(STEPS)
    assert found.warnings == []


def test_the_same_run_gives_the_same_bytes(story: Papers, tmp_path: Path) -> None:
    again = papers(tmp_path)

    assert again.pack == story.pack
    assert again.key.key_id != story.key.key_id


def test_every_flipped_byte_of_a_certificate_is_found(story: Papers) -> None:
    rng = random.Random(4)
    for place in range(len(story.certificate)):
        flipped = bytearray(story.certificate)
        flipped[place] ^= 1 << rng.randrange(8)
        assert not verify(bytes(flipped), story.pack, story.key).is_ok, place


def test_a_flipped_byte_anywhere_in_a_pack_is_found(story: Papers) -> None:
    rng = random.Random(4)
    size = len(story.pack)
    # A sample, and every byte around the heads of the zip: local heads, directory, its end.
    heads = [n for n in range(size) if story.pack[n : n + 2] == b"PK"]
    near = {n + step for n in heads for step in range(30)}
    places = sorted({*rng.sample(range(size), 400), *(n for n in near if n < size)})
    assert len(places) > 600
    for place in places:
        flipped = bytearray(story.pack)
        flipped[place] ^= 1 << rng.randrange(8)
        name, told = failed(verify(story.certificate, bytes(flipped), story.key))
        assert name == "pack", place
        assert "SHA-256 was" in told


def test_a_pack_that_is_cut_or_longer_is_found(story: Papers) -> None:
    for pack in (b"", story.pack[:-1], story.pack + b"\0", b"PK"):
        assert failed(verify(story.certificate, pack, story.key))[0] == "pack"


def test_another_packing_of_the_same_parts_is_told_as_such(story: Papers) -> None:
    parts = parts_of_zip(story.pack)
    other = zip_of(parts)[:-2] + b"\1\0x"  # A comment at the end of the zip.

    _, told = failed(verify(story.certificate, other, story.key))

    assert "only the packing differs" in told


def test_a_zip_that_would_fill_a_machine_is_not_unpacked(story: Papers) -> None:
    bomb = zip_of({"manifest.json": bytes(2**20)})

    with pytest.raises(ZipPartsError, match="unpacks to 1048576 bytes, more than 1000"):
        parts_of_zip(bomb, 1000)


def test_another_key_is_told(story: Papers, tmp_path: Path) -> None:
    stranger = SigningKey.open(tmp_path / "other.key").public

    name, told = failed(verify(story.certificate, story.pack, stranger))

    assert name == "signature"
    assert "signed with another key" in told


def test_a_changed_total_is_found_by_computing_again_whoever_signs(
    story: Papers, key: SigningKey
) -> None:
    """Hashes say who; only the recomputation says that grades follow from the inputs."""
    lines = parts_of_zip(story.pack)[TOTALS].decode().splitlines(keepends=True)
    place = next(n for n, line in enumerate(lines) if line.startswith("B3,private,2021Q4,0,"))
    fields = lines[place].split(",")
    fields[4] = str(int(fields[4]) + 1)  # One fen of balance.
    lines[place] = ",".join(fields)
    pack = repacked(story, TOTALS, "".join(lines).encode())

    name, told = failed(verify(signed(story, pack, key), pack, story.key))

    assert name == "input"
    assert "B3, indicators.private_growth_ytd" in told


def test_a_grade_that_does_not_follow_from_its_values_is_found(
    story: Papers, key: SigningKey
) -> None:
    banks = msgspec.json.decode(parts_of_zip(story.pack)[RESULTS], type=list[BankGrade])
    banks[0] = msgspec.structs.replace(banks[0], grade="excellent")
    pack = repacked(story, RESULTS, msgspec.json.encode(banks, order="sorted"))

    name, told = failed(verify(signed(story, pack, key), pack, story.key))

    assert (name, told) == ("grades", "B0, grade: 'excellent' → 'encouraged'")


def test_another_methodology_is_found(story: Papers, key: SigningKey) -> None:
    changed = parts_of_zip(story.pack)[METHODOLOGY].replace(b'"84"', b'"83"')
    pack = repacked(story, METHODOLOGY, changed)

    assert failed(verify(signed(story, pack, key), pack, story.key))[0] == "methodology"


def test_a_certificate_of_another_run_does_not_fit(story: Papers, key: SigningKey) -> None:
    other = msgspec.structs.replace(story.run, quarter="2021Q3")
    certificate = sign_certificate(other, story.pack, key, now_ms=SIGNED_AT_MS, is_synthetic=True)

    name, told = failed(verify(certificate, story.pack, story.key))

    assert name == "run"
    assert "quarter was '2021Q3' in the certificate and '2021Q4' in run.json" in told


def test_another_program_with_the_same_results_is_a_warning(
    story: Papers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certificate_checking, "source_sha256", lambda: "f" * 64)
    monkeypatch.setattr(certificate_checking, "FORMULA_VERSION", "99")

    found = verify(story.certificate, story.pack, story.key)

    assert found.is_ok
    assert "another program" in found.warnings[0].en
    assert "another version of the formulas" in found.warnings[1].en


def test_other_words_are_a_warning_of_another_program_and_a_fault_of_the_same(
    story: Papers, key: SigningKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    banks = msgspec.json.decode(parts_of_zip(story.pack)[RESULTS], type=list[BankGrade])
    reasons = [msgspec.structs.replace(one, zh="别的说法") for one in banks[0].reasons]
    banks[0] = msgspec.structs.replace(banks[0], reasons=reasons)
    pack = repacked(story, RESULTS, msgspec.json.encode(banks, order="sorted"))
    certificate = signed(story, pack, key)

    same = verify(certificate, pack, story.key)
    monkeypatch.setattr(certificate_checking, "source_sha256", lambda: "f" * 64)
    other = verify(certificate, pack, story.key)

    assert "says it in other words" in failed(same)[1]
    assert other.is_ok
    assert "only words do not" in other.warnings[1].en


def test_what_an_older_program_did_not_say_is_not_held_against_it(
    story: Papers, key: SigningKey
) -> None:
    """A run of years ago lacks the fields that were added since: its golden run must stay good."""
    banks = msgspec.json.decode(parts_of_zip(story.pack)[RESULTS], type=list[dict])
    for bank in banks:
        del bank["rank"], bank["facts"]
        for indicator in bank["indicators"]:
            del indicator["rule"]
    pack = repacked(story, RESULTS, msgspec.json.encode(banks, order="sorted"))
    older = verify(signed(story, pack, key), pack, story.key)
    banks[0]["group_size_count"] = 9
    pack = repacked(story, RESULTS, msgspec.json.encode(banks, order="sorted"))

    assert older.is_ok
    assert failed(verify(signed(story, pack, key), pack, story.key))[1] == (
        "B0, group_size_count: 9 → 8"
    )


def test_a_bank_too_many_or_too_few_is_found(story: Papers, key: SigningKey) -> None:
    banks = msgspec.json.decode(parts_of_zip(story.pack)[RESULTS], type=list[BankGrade])
    other = msgspec.structs.replace(banks[0], bank_id="B9")
    for changed, told in (
        ([*banks[1:], other], "B9: — → no such bank"),
        (banks[:-1], "bank_count was 8 in the certificate and 7 in run.json"),
    ):
        pack = repacked(story, RESULTS, msgspec.json.encode(changed, order="sorted"))
        assert told in failed(verify(signed(story, pack, key), pack, story.key))[1]


def test_how_totals_are_dealt_to_partitions_is_not_in_a_pack() -> None:
    one = read_snapshot(eight().write())
    halves = StoredTotals(partition=1)
    whole = StoredTotals()
    for stored, share in ((halves, 1), (whole, 2)):
        stored.total("B1", "2021Q4", disbursed_minor=10**15 * share, disbursed_rate_lo=7 * share)
    StoredTotals(partition=0, store=halves.store)
    first = StoredTotals(partition=0, store=halves.store)
    first.total("B1", "2021Q4", disbursed_minor=10**15, disbursed_rate_lo=7)
    first.total("B2", "2021Q4")  # Nothing but zeros is no row.
    halves.write()
    snapshots = [read_snapshot(first.write()), read_snapshot(whole.write())]

    dealt, together = (totals_csv(found.rows, found.bank_ids) for found in snapshots)

    assert dealt == together
    assert dealt.count(b"\n") == 2
    assert totals_csv(one.rows, one.bank_ids).startswith(b"bank_id,population,quarter,tag,balance_")


def test_cells_by_hand_and_published_balances_come_back_exactly() -> None:
    given = {
        ("plan", "B1"): Cell(Fraction(-61, 7), Status.OK, "manual", before=Fraction(1, 3)),
        ("word", "B2"): Cell(Fraction(0), Status.OK, "manual", choice="good"),
        ("plan", "B2"): Cell(
            Fraction(0), Status.NOT_DETERMINABLE, inputs=(("b", 2), ("a", 1)),
            untold=(Population.NO_CREDIT_LINE,),
        ),
    }  # fmt: skip
    published = {("B1", Population.PRIVATE, "2020Q4"): 10**16, ("A", Population.ALL, "2019Q4"): 0}

    assert given_of_json(given_json(given)) == given
    assert published_of_csv(published_csv(published)) == published


def test_a_pack_with_a_part_too_many_is_refused(story: Papers) -> None:
    more = zip_of(parts_of_zip(story.pack) | {"extra.txt": b"?"})

    with pytest.raises(PackError, match=r"extra\.txt is in the zip or in manifest\.json"):
        read_pack(more)


def test_a_pack_gives_back_its_inputs(story: Papers) -> None:
    pack = read_pack(story.pack)
    inputs: Inputs = pack.inputs

    assert pack.run == story.run
    assert inputs.snapshot.bank_ids == story.inputs.snapshot.bank_ids
    assert inputs.snapshot.banks == story.inputs.snapshot.banks
    assert pack_bytes(pack.run, inputs, is_synthetic=True) == story.pack


def test_verify_runs_in_an_empty_folder_without_any_setting(story: Papers, tmp_path: Path) -> None:
    files = {"c.json": story.certificate, "p.zip": story.pack, "key.pem": story.key.pem}
    papers_folder, empty = tmp_path / "papers", tmp_path / "empty"
    papers_folder.mkdir()
    empty.mkdir()
    for name, content in files.items():
        (papers_folder / name).write_bytes(content)
    bare = {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", "from infra.cli import main; main()", "verify"]
    options = ["--pack", str(papers_folder / "p.zip"), "--key", str(papers_folder / "key.pem")]

    def checked(certificate: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*command, str(certificate), *options, "--lang", "en"],
            cwd=empty, env=bare, capture_output=True, text=True, check=False, encoding="utf-8",
        )  # fmt: skip

    good = checked(papers_folder / "c.json")
    changed = papers_folder / "changed.json"
    changed.write_bytes(story.certificate.replace(b'"bank_count":8', b'"bank_count":9'))
    bad = checked(changed)

    assert (good.returncode, good.stderr) == (0, "")
    assert "verified: computed again by this program" in good.stdout
    assert "synthetic data; illustrative methodology" in good.stdout
    assert bad.returncode == 1
    assert "✗ signature of the certificate" in bad.stdout
    assert list(empty.iterdir()) == []
