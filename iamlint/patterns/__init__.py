"""The words of ``when:`` over one fact: kinds of facts, the words of each kind, and a three-valued answer."""
