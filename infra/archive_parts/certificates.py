"""存证: the signed certificate of the run, where there is one."""

from infra.archive_part import ArchivedFile, ArchivePart, Gathered, Subject, absent, without_grade
from infra.certificate import kept_certificate
from schemas.words import Words


def certificate(subject: Subject) -> Gathered:
    """Return the certificate as it was signed; its pack is kept apart, for it is of all banks."""
    if subject.run is None:
        return without_grade(subject)
    document = kept_certificate(subject.node.store, subject.run.run_id)
    if not document:
        return absent("尚未出具证书", "no certificate was signed; puhui certificate makes one")
    words = Words("签名证书", "signed certificate; puhui verify proves it with its pack")
    remark = Words(
        "输入包含各机构数据，另行保存", "its input pack holds all banks' data and is kept apart"
    )
    return Gathered([ArchivedFile("certificate.json", document, words)], remark)


PARTS = (ArchivePart(17, "certificate", Words("证书", "Certificate"), certificate),)
