"""The contexts of the kubeconfig as the answer to get_kubeconfig_contexts wants them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mirror.errors import KubeconfigError
from mirror.kube.excerpt import mask_url
from mirror.kube.kubeconfig import Context as KubeContext
from mirror.kube.kubeconfig import Kubeconfig, load_kubeconfig
from query.results.answer import Context
from server.options import Options

__all__ = ["LoadContexts", "load_contexts"]

LoadContexts = Callable[[], tuple[Context, ...]]
"""Reads the kubeconfig anew. Raises KubeconfigError."""


def load_contexts(
    options: Options, environ: Mapping[str, str], *, chosen_only: bool = False
) -> tuple[Context, ...]:
    """Every context, or only those the options choose, in the order of the files; a broken one says why.

    `mirrored` and `state` are for the store to fill in. Raises KubeconfigError when there is no kubeconfig,
    UnknownContextError for a choice that matches nothing.
    """
    kubeconfig = load_kubeconfig([options.kubeconfig] if options.kubeconfig else None, environ)
    contexts = kubeconfig.select(options.kube_context) if chosen_only else kubeconfig.contexts
    return tuple(_context(kubeconfig, context) for context in contexts)


def _context(kubeconfig: Kubeconfig, context: KubeContext) -> Context:
    server, error = "", context.error
    try:
        server = mask_url(kubeconfig.resolve(context).server)
    except KubeconfigError as unusable:
        error = unusable
    return Context(
        name=context.name,
        server=server,
        namespace=context.namespace,
        current=context.name == kubeconfig.current,
        mirrored=False,
        error=error.what if error else "",
    )
