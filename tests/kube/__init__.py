"""The contract that a Kubernetes API must keep for relab, asked through real clients."""
