"""What is asked: the caller, the call, and what the input states of clients."""
