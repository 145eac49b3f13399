"""Rule documents: what a rule is, how its document is read, which rules a run chooses, and what facts they ask for."""
