"""The loop that follows API servers: a reflector per type, an informer per cluster, one manager."""
