"""A real PostgreSQL behind the sandbox's `postgres` pod, and the clients that run in that pod.

    binaries  where this machine's PostgreSQL stands
    server    one server of the sandbox's own, started when it is first needed
    wire      the protocol, as far as seeding and scripts need it
    script    what `psql` reads on stdin
    clients   psql, pg_dump, pg_restore, createdb and the like: checked words, then the real program

The server listens on a socket in a private folder only. Its users are no superusers, and no word
that names a file, a program or another server is passed on: SQL cannot reach the machine.
"""
