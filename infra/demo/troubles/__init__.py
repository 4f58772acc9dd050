"""The troubles that are planted in the demo, one file each."""
