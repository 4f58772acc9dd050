"""The world: storage, command line, web, files. Imports everything; nobody imports it."""
