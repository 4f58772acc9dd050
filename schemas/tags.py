"""Tags of new lending, as small numbers: guarantee kind, policy marks, and the LPR in force.

    0             no tag: the total itself
    1 … 6         guarantee kind, in the order of GUARANTEE_KINDS
    16 … 20       policy tag, in the order of POLICY_TAGS
    1024 + 2w+t   yuan draws against the LPR of publication w (months since 2019-08), tenor
                  t = 0 for 1 year, 1 for 5 years and more

A draw carries one guarantee tag, any number of policy tags and at most one LPR tag.
"""

from schemas.codes import GUARANTEE_KINDS, POLICY_TAGS, GuaranteeKind, PolicyTag

TOTAL = 0
GUARANTEE_FIRST = 1
POLICY_FIRST = 16
LPR_FIRST = 1024
FIRST_LOAN_TAG = POLICY_FIRST + POLICY_TAGS.index(PolicyTag.FIRST_LOAN)


def guarantee_tag(kind: GuaranteeKind) -> int:
    """Return the tag of draws with this guarantee."""
    return GUARANTEE_FIRST + GUARANTEE_KINDS.index(kind)


def policy_tag(tag: PolicyTag) -> int:
    """Return the tag of draws with this mark."""
    return POLICY_FIRST + POLICY_TAGS.index(tag)
