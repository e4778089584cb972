"""The command line. This file only knows the names of the commands; each is imported when it is used."""

from __future__ import annotations

from server.cli.group import Commands

__all__ = ["main"]

main = Commands(
    name="flux-mirror",
    help="One question over many clusters: answers about everything Flux CD runs, from a local mirror.",
    epilog="Options that take a value can be set in the environment, FLUX_MIRROR_KUBE_CONTEXT for example.",
    commands_by_name={
        "status": ("server.cli.status", "Health of Flux in every cluster."),
        "get": ("server.cli.get", "Objects from all clusters, with their health."),
        "events": ("server.cli.events", "What Kubernetes and Flux have said about objects."),
        "compare": ("server.cli.compare", "How clusters differ, field by field."),
        "why": ("server.cli.why", "The root cause of what is broken."),
        "search": ("server.cli.search", "Where in the fleet something is said."),
        "tree": ("server.cli.tree", "What an object depends on, or what depends on it."),
        "trace": ("server.cli.trace", "Where an object comes from, up to its source."),
        "graph": ("server.cli.graph", "Dependencies or delivery as a picture: Mermaid or SVG."),
        "serve": ("server.cli.serve", "Answer an assistant's questions over MCP."),
        "mirror": ("server.cli.mirror", "Keep the local copy up to date."),
        "demo": ("server.cli.demo", "A simulated fleet to try it on; needs no cluster."),
        "doctor": ("server.cli.doctor", "What works, what does not, and what to do about it."),
    },
)
"""The console script `flux-mirror`."""
