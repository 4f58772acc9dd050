"""Files of banks and authorities, read row by row and turned into submissions."""
