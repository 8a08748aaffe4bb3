"""Who and where: profiles, their loader, and the guard of account and region.

    load("ha-mlops")  ->  Profile
    names(profile, "07")  ->  Names
    guard.check(profile, ...)  ->  None, or Refused

Must not know checks, sandboxes, screens or snapshots; it only names targets.
"""
