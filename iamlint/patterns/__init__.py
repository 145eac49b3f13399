"""The words of ``when:`` over one fact: kinds of facts, what a pattern may ask of each, and a three-valued answer."""
