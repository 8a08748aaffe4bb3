"""`python -m relab` is the same as `relab`."""

from relab.cli import main

if __name__ == "__main__":
    main()
