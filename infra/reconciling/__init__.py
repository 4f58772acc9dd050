"""What reconcile reads: a partition as of its checkpoint, and one check a file in ``checks``."""
