"""A small invented province of banks and borrowers: seeded, pure, with neutral names."""
