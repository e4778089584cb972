"""get_dependency_graph and trace_kubernetes_resource: what depends on what, what comes from where."""
