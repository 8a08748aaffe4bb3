"""The lab in the terminal: screens that draw a state, and nothing else.

    events (checks, sandbox, keys)  ->  state.reduce  ->  State  ->  widgets

The state is a pure reduction of events, so a log of them brings the screen back. Must not know AWS
or Kubernetes: checks run in a process of their own and arrive as events.
"""
