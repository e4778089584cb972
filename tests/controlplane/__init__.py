"""Real API servers for tests: etcd and kube-apiserver with the Flux CRDs, no Docker needed."""
