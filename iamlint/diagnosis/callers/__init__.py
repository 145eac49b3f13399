"""Who the caller is to IAM: a principal, a machine's account, or a federated identity after its exchange."""
