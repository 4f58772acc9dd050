"""The edition for everybody: groups only, and of them no cell that tells of one bank."""

from infra.publish.document import Block
from infra.publish.group_figures import group_tables
from infra.publish.group_grades import grade_counts_table
from infra.publish.passages import data_note, heading, legend, opening, signing
from infra.publish.subject import Subject


def public_blocks(subject: Subject) -> list[Block]:
    """Return the text of the edition."""
    blocks: list[Block] = [*opening(subject)]
    blocks += [heading("一、评估指标", "1. Indicators"), legend(subject)]
    blocks.append(heading("二、等次分布", "2. Grades"))
    blocks.append(grade_counts_table(subject, is_public=True))
    blocks.append(heading("三、各类机构情况", "3. Groups of banks"))
    blocks += group_tables(subject, is_public=True)
    return [*blocks, data_note(subject), *signing(subject)]
