"""The fronts: MCP tools and the command line. Thin: parse, ask query/, render."""
