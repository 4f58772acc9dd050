"""The monthly files that the banks of the demo send to the central bank: pure, like the story."""
