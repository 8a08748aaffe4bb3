"""Lint every lab against the checks that exist; exit 1 and name file and line of each fault."""

import sys

from relab.checks.registry import CHECKS
from relab.lab.lint import lint
from relab.lab.loader import slugs
from relab.text import safe


def main() -> int:
    """Return 0 when every lab is clean."""
    known = {check.id for check in CHECKS}
    findings = [finding for slug in slugs() for finding in lint(slug, known)]
    for finding in findings:
        where = f"labs/{finding.file}:{finding.line}"
        print(f"{where}: {safe(finding.what)} -> {safe(finding.fix)}", file=sys.stderr)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
