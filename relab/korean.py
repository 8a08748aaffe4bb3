"""Korean particles that agree with the word they follow.

How a Latin word sounds is judged by its last letters, as Korean readers say it:

    an acronym or a lone letter is spelled out    ->  closed on L, M, N, R: ECR이, AWS가
    l, m, n, ng, silent e after vowel and l, m, n ->  closed: kubectl이, training은, pipeline이
    a vowel and b, p, k, c, t (also ck, pp)       ->  closed: git이, bucket이, app이
    anything else                                 ->  open: client가, tmux로, mlflow가

A final l sound (`kubectl`, `profile`, `URL`, 서울, 7) takes `로`, as in 서울로.
"""

import re
from collections.abc import Mapping

# What the author writes: what follows a closed syllable, what follows an open one.
FORMS: Mapping[str, tuple[str, str]] = {
    "이(가)": ("이", "가"),
    "은(는)": ("은", "는"),
    "을(를)": ("을", "를"),
    "과(와)": ("과", "와"),
    "와(과)": ("과", "와"),
    "(으)로": ("으로", "로"),
    "이(여)야": ("이어야", "여야"),
    "(이)라": ("이라", "라"),
}
_PARTICLE = re.compile(
    r"(?P<word>[0-9가-힣]|(?<![A-Za-z])[A-Za-z]++)"
    r"(?P<marks>[`*\"']*)"
    rf"(?P<form>{'|'.join(map(re.escape, FORMS))})"
)
_HANGUL = ord("가")
_FINALS = 28
_OPEN, _CLOSED, _RIEUL = 0, 1, 8
_DIGITS = {"0": 21, "1": _RIEUL, "3": 16, "6": 1, "7": _RIEUL, "8": _RIEUL}
_SPELLED = {"L": _RIEUL, "M": _CLOSED, "N": _CLOSED, "R": _RIEUL}
_ENDS_IN_L = re.compile(r"(l|[aeiou]le)$", re.IGNORECASE)
_ENDS_CLOSED = re.compile(r"([mn]|ng|[aeiou]([mn]e|[bct]|c?k|pp?))$", re.IGNORECASE)


def agree(text: str) -> str:
    """Return `text` with the particles of `FORMS` settled after Hangul, digits and Latin words.

    Quotes and Markdown marks may stand between. After any other sign both forms stay, as is usual
    in Korean programs.
    """
    return _PARTICLE.sub(_settle, text)


def _settle(match: re.Match[str]) -> str:
    final = _final(match["word"])
    closed, open_ = FORMS[match["form"]]
    vowel_like = final == _OPEN or (match["form"] == "(으)로" and final == _RIEUL)
    return match["word"] + match["marks"] + (open_ if vowel_like else closed)


def _final(word: str) -> int:
    """Return the final consonant of `word` by its place in Unicode's table; 0 is none."""
    if word.isdigit():
        return _DIGITS.get(word, _OPEN)
    if not word.isascii():
        return (ord(word) - _HANGUL) % _FINALS
    if word.isupper() or len(word) == 1:
        return _SPELLED.get(word[-1].upper(), _OPEN)
    if _ENDS_IN_L.search(word):
        return _RIEUL
    return _CLOSED if _ENDS_CLOSED.search(word) else _OPEN
