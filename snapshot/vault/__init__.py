"""The vault: one SQLite catalogue and content-addressed blobs, in a folder or in a bucket.

    store     blobs and small notes, in a folder (`store_local`) or a bucket (`store_s3`); `stores`
              opens either by its place, `opening` a whole vault
    schema    tables, views and triggers; `migrations` brings an older catalogue up to them
    catalogue the SQLite file; `home` keeps it in the folder, `home_bucket` publishes it to a bucket
    seal      secrets, sealed by age before they reach the disk; `keys` finds the key
    writer    a save in progress; `reader` what is in the vault; `lock` one writer at a time
    check     finds damage; `prune` forgets snapshots

Must not know AWS or Kubernetes beyond the client that a bucket is handed.
"""
