"""CATALOG: verbs about gradings and all that follows from them, a file for each subject."""
