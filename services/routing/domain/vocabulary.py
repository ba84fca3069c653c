"""The languages that can be told apart (AU-09), by ISO 639-1 code."""

from __future__ import annotations

_CODES = (
    "af am an ar as az be bg bn br bs ca cs cy da de dz el en eo es et eu fa "
    "fi fo fr ga gl gu ha he hi hr ht hu hy id ig is it ja jv ka kk km kn ko "
    "ku ky la lb lo lt lv mg mk ml mn mr ms mt my nb ne nl nn no oc or pa pl "
    "ps pt qu ro ru rw se si sk sl so sq sr sv sw ta te th tl tr ug uk ur uz "
    "vi vo wa xh yo zh zu "
)

KNOWN_LANGUAGES: frozenset[str] = frozenset(_CODES.split())
