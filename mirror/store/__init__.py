"""The database: one SQLite file, one writer, any number of readers. All SQL of the project stands here."""
