"""What people write in arguments: field paths, label selectors, patterns, spans, quantities. Pure."""
