"""The pages and their JSON: readers of the newest results, and a guarded door for commands."""
