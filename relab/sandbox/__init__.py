"""The practice world: AWS and Kubernetes in one background process, seeded, breakable, mendable.

Only this package knows moto, and nothing above the command line knows this package: a profile's
addresses are all that others see. `relab.sandbox.session.running` runs one for a `with` block.
"""
