"""Manifests of Kubernetes and Config Connector."""
