"""Flow: how events move through the arithmetic into the store, under any driver."""
