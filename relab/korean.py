"""Korean particles that agree with the word they follow, where its sound is known."""

import re

_FORMS = {
    "이(가)": ("이", "가"),
    "은(는)": ("은", "는"),
    "을(를)": ("을", "를"),
    "(으)로": ("으로", "로"),
}
_PARTICLE = re.compile(r"(?P<last>[0-9가-힣])(?P<form>이\(가\)|은\(는\)|을\(를\)|\(으\)로)")
_HANGUL = ord("가")
_FINALS = 28
_RIEUL = 8
_DIGITS = {"0": 21, "1": _RIEUL, "3": 16, "6": 1, "7": _RIEUL, "8": _RIEUL}


def agree(text: str) -> str:
    """Return `text` with `이(가)`, `은(는)`, `을(를)` and `(으)로` settled after Hangul and digits.

    After any other sign both forms stay, as is usual in Korean programs.
    """
    return _PARTICLE.sub(_settle, text)


def _settle(match: re.Match[str]) -> str:
    last, form = match["last"], match["form"]
    final = _DIGITS.get(last, 0) if last.isdigit() else (ord(last) - _HANGUL) % _FINALS
    closed, open_ = _FORMS[form]
    vowel_like = final == 0 or (form == "(으)로" and final == _RIEUL)
    return last + (open_ if vowel_like else closed)
