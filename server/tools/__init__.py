"""MCP tools by topic, each a few lines: read the arguments, ask query/, render."""
