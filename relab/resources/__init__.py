"""Resource types as data: what each is called, how it is read, and what of it can be put back.

Read by `snapshot`, written by `restore`, matched by the wipe. Must not know vaults, plans or
screens.
"""
