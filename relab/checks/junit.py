"""Results as JUnit XML, for CI systems: fail -> failure, error -> error, skip -> skipped."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from xml.etree import ElementTree as Xml

from relab.checks.report import in_order
from relab.checks.texts import render
from relab.errors import RelabError
from relab.events import CheckFinished, Finding, Verdict
from relab.languages import Language

_TAGS = {Verdict.FAIL: "failure", Verdict.ERROR: "error", Verdict.SKIP: "skipped"}


def write(path: Path, results: Sequence[CheckFinished], profile: str, language: Language) -> None:
    """Write `results` to `path`, one suite a tenant; RelabError when it cannot be written."""
    root = Xml.Element("testsuites", {"name": "relab check", **_counts(results)})
    for tenant in dict.fromkeys(result.tenant for result in results):
        mine = in_order([result for result in results if result.tenant == tenant])
        root.append(_suite(f"{profile} user{tenant}", mine, language))
    Xml.indent(root)
    try:
        path.write_bytes(Xml.tostring(root, encoding="utf-8", xml_declaration=True))
    except OSError as error:
        raise RelabError(
            error.strerror or str(error), where=str(path), fix="choose another --junit file"
        ) from error


def _suite(name: str, results: Sequence[CheckFinished], language: Language) -> Xml.Element:
    suite = Xml.Element("testsuite", {"name": name, **_counts(results)})
    for result in results:
        case = Xml.SubElement(
            suite,
            "testcase",
            name=result.check,
            classname=f"relab.{result.section}",
            time=f"{result.seconds:.3f}",
        )
        _verdict(case, result, language)
    return suite


def _verdict(case: Xml.Element, result: CheckFinished, language: Language) -> None:
    said = "\n".join(_texts(result.findings, language))
    tag = _TAGS.get(result.verdict)
    if tag:
        first = next(one for one in result.findings if one.verdict is result.verdict)
        Xml.SubElement(case, tag, message=render(first.message, language)).text = said
    elif result.verdict is Verdict.WARN:
        Xml.SubElement(case, "system-out").text = said


def _texts(findings: Iterable[Finding], language: Language) -> Iterable[str]:
    for finding in findings:
        yield f"{finding.verdict}: {render(finding.message, language)}"
        if finding.remedy:
            yield render(finding.remedy, language)


def _counts(results: Sequence[CheckFinished]) -> dict[str, str]:
    found = Counter(result.verdict for result in results)
    return {
        "tests": str(len(results)),
        "failures": str(found[Verdict.FAIL]),
        "errors": str(found[Verdict.ERROR]),
        "skipped": str(found[Verdict.SKIP]),
        "time": f"{sum(result.seconds for result in results):.3f}",
    }
