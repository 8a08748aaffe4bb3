"""Kubernetes objects as items: rules as data, no I/O.

kinds     what a cluster serves, which version of it is read
left      what is never captured, and why
moves     which fields can not be put back
objects   an object as an item: its owner, its identifiers
secrets   where in an item secrets stand
belongs   whose a cluster-scoped object is
"""
