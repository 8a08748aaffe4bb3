"""Reads the world into a vault: tasks that find things, and the driver that keeps what they find.

    scope     what is wanted of the world
    work      what a task is and what it returns
    world     what every task is handed: clients, the vault's store and sealer
    driver    runs tasks on an executor and writes what they found, one thread at the vault
    save      a whole save, as events
    aws, kubernetes   tasks that read configuration; `snapshot.data` reads what is inside

Must not know screens, commands or the sandbox.
"""
