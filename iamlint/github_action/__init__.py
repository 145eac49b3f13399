"""What the GitHub Action runs: inputs from the environment, outputs to the files that GitHub names."""
