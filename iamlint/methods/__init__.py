"""Methods: the ways to become a service account, or to prepare it, one document each.

A method is a file ``<group>/<id>.yaml``; ``method.schema.json`` defines its content. The keys before ``sources`` are
read in each run, since rules and the graph need them; the others are read on request.
"""
