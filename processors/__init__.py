"""All the arithmetic, pure and vectorised: no I/O, no clock, numpy only."""
