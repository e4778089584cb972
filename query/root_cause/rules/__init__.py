"""The rules, one file per family. Each takes a case and says who is to blame, where to look, or nothing."""
