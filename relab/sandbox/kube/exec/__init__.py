"""pods/NAME/exec: commands that run on folders of this machine, and never outside of them.

    tree      a container's files: paths that cannot lead out of its folders
    disks     which folder stands for which claim, container or scratch volume
    streams   stdin, stdout and pipes between threads
    process   what a running command is handed
    shell     `sh -c`: a small part of the shell's language
    commands  the table of what can be run, one function a command
    sessions  the websocket protocol

No command starts a program of this machine with a path or an argument that a caller chose; programs
that the sandbox adds (a database's) guard themselves.
"""
