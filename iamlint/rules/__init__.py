"""Rule documents: the rule as a value, its reader, the rules of a run, and the facts that they need."""
