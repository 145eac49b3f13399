"""Exports of gcloud and of Cloud Asset Inventory, and manifests of Config Connector."""
