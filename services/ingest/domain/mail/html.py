"""HTML that strangers wrote: made safe to show, and read as text (CH-15). Pure.

Cleaned by an allow-list (nh3) whenever it is shown, from what was received, so that a better list serves old mail too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from html.parser import HTMLParser

import nh3

DEEPEST = 300
"""Elements within elements. The cleaner's time grows with the square of it: 100,000 take 49 s, 300 nothing."""

MOST_OPENED_ANEW = 200_000
MOST_REFERENCES = 50_000
LONGEST_READ = 600_000
"""Characters of cleaned HTML that are read as text."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


TAGS = _words(
    "a abbr address article aside b bdi bdo big blockquote br caption center cite code col colgroup dd del details "
    "dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark ol p pre q "
    "rp rt ruby s samp section small span strike strong sub summary sup table tbody td tfoot th thead time tr tt u ul "
    "var wbr"
)
_DROPPED_WHOLE = {"script", "style", "title", "head", "template", "noscript", "iframe", "object", "textarea", "select"}
_ANYWHERE = {"align", "dir", "lang", "style", "title", "valign", "width", "height", "bgcolor", "color"}
_OF_TAG = {
    "a": {"href", "name"},
    "img": {"src", "alt"},
    "font": {"size", "face"},
    "ol": {"start", "type"},
    "table": {"border", "cellpadding", "cellspacing"},
    "td": {"colspan", "rowspan", "nowrap"},
    "th": {"colspan", "rowspan", "nowrap"},
}
_STYLES = _words(
    "background-color border border-bottom border-collapse border-color border-left border-radius border-right "
    "border-spacing border-style border-top border-width color direction display font font-family font-size font-style "
    "font-variant font-weight height letter-spacing line-height list-style-type margin margin-bottom margin-left "
    "margin-right margin-top max-width min-width padding padding-bottom padding-left padding-right padding-top "
    "text-align text-decoration text-indent text-transform vertical-align white-space width word-break "
    "word-spacing"
)
_SCHEMES = {"http", "https", "mailto", "tel", "cid", "data"}
SHOWN = frozenset({"image/png", "image/jpeg", "image/jpg", "image/gif", "image/webp", "image/bmp"})
"""Pictures that are nothing but pictures."""

_PICTURE = re.compile(r"data:image/(png|jpeg|jpg|gif|webp|bmp);base64,[A-Za-z0-9+/=\s]*", re.IGNORECASE)
_UNSHOWN = re.compile(r"<[^<>]*>|\s+")
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:-]*)")
_NEVER_NEST = _words(
    "area base br col embed hr img input link meta param source track wbr p li td th tr dt dd option tbody thead tfoot "
    "html head body"
)
"""Without a content of their own, or closed by the next of their kind."""

_FORMATS = _words("a b big code em font i nobr s small strike strong tt u")


def too_costly(html: str) -> bool:
    """Whether cleaning it could take long: a count of tags, one pass, no more.

    Elements nested too deeply; formatting left open over many blocks, each of which a browser's rules open anew (12 kB
    of that become 13 MB); ampersands without end (a megabyte takes 25 s).
    """
    if html.count("&") > MOST_REFERENCES:
        return True
    depth = formats = most_formats = tags = 0
    for closing, written in _TAG.findall(html):
        name = written.lower()
        step = -1 if closing else 1
        tags += 1
        if name in _FORMATS:
            formats = max(0, formats + step)
            most_formats = max(most_formats, formats)
        if name not in _NEVER_NEST:
            depth = max(0, depth + step)
            if depth > DEEPEST:
                return True
    return most_formats * tags > MOST_OPENED_ANEW


def safe(html: str, *, images: bool = False, inline: Mapping[str, str] | None = None) -> tuple[str, int]:
    """The HTML with nothing that runs, loads or leads astray, and how many remote pictures were left out.

    ``images`` lets remote pictures stay; ``inline`` gives the data URLs of those that came with the mail.
    """
    if too_costly(html):
        return "", 0
    blocked = 0

    def allowed(_tag: str, name: str, value: str) -> str | None:
        nonlocal blocked
        link = value.strip()
        scheme = link.partition(":")[0].lower()
        if name == "src":
            if scheme == "cid":
                return (inline or {}).get(link[4:].strip("<> "))
            if scheme in ("http", "https") and not images:
                blocked += 1
                return None
            return link if scheme in ("http", "https") or _PICTURE.fullmatch(link) else None
        if name == "href":
            return link if scheme in ("http", "https", "mailto", "tel") else None
        return value

    cleaned = nh3.clean(
        html,
        tags=set(TAGS),
        clean_content_tags=_DROPPED_WHOLE,
        attributes={"*": _ANYWHERE, **_OF_TAG},
        attribute_filter=allowed,
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
        filter_style_properties=set(_STYLES),
    )
    return cleaned, blocked


def has_remote_images(html: str) -> bool:
    """Whether showing all of it would fetch pictures from elsewhere."""
    return safe(html)[1] > 0


def page(body: str) -> str:
    """A whole page around cleaned HTML, for a frame of its own."""
    return (
        '<!doctype html><html><head><meta charset="utf-8"><style>'
        "body{font:15px/1.45 system-ui,sans-serif;margin:8px;color:#1f2328;background:#fff;overflow-wrap:anywhere}"
        "img{max-width:100%;height:auto}pre{white-space:pre-wrap;font:inherit}"
        "blockquote{margin:0 0 0 .5em;padding-left:.7em;border-left:2px solid #ccc}"
        f"</style></head><body>{body}</body></html>"
    )


def of_plain(text: str) -> str:
    """Plain text as HTML, to be shown in the same frame."""
    return f"<pre>{escape(text)}</pre>"


def text_of(html: str) -> str:
    """What the HTML says, as plain text; quoted mail with ``> `` before each line."""
    if too_costly(html):
        return _UNSHOWN.sub(" ", html[:LONGEST_READ]).strip()
    reader = _Reader()
    reader.feed(safe(html)[0][:LONGEST_READ])  # cleaned first: its parser is quick on what is well-formed only
    reader.close()
    return reader.text()


_BLOCKS = _words(
    "address article aside blockquote center dd details div dl dt figure footer h1 h2 h3 h4 h5 h6 header hr main ol p "
    "pre section table tr ul"
)
_APART = _words("p h1 h2 h3 h4 h5 h6 blockquote table ul ol")


class _Reader(HTMLParser):
    """Collects lines; ``_quotes`` is how many quotations it is in."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[tuple[int, str]] = []
        self._line = ""
        self._quotes = 0
        self._verbatim = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - the base's form
        """A block begins a line of its own."""
        if tag == "br":
            self._end_line(always=True)
        elif tag in _BLOCKS or tag == "li":
            self._end_line()
            if tag in _APART:
                self._apart()
            if tag == "li":
                self._line = "- "
            self._quotes += tag == "blockquote"
            self._verbatim += tag == "pre"
        elif tag in ("td", "th") and self._line.strip():
            self._line += " "

    def handle_endtag(self, tag: str) -> None:
        """A block ends its line."""
        if tag in _BLOCKS or tag == "li":
            self._end_line()
            self._quotes = max(0, self._quotes - (tag == "blockquote"))
            self._verbatim = max(0, self._verbatim - (tag == "pre"))
            if tag in _APART:
                self._apart()

    def handle_data(self, data: str) -> None:
        """White space counts once, but for what is preformatted."""
        if self._verbatim:
            *whole, rest = (self._line + data).split("\n")
            for line in whole:
                self._line = line
                self._end_line(always=True)
            self._line = rest
        else:
            blank = " " if data[:1].isspace() and self._line and not self._line.endswith(" ") else ""
            words = " ".join(data.split())
            tail = " " if words and data[-1:].isspace() else ""
            self._line += blank + words + tail

    def text(self) -> str:
        """The lines, at most one empty one between any two."""
        self._end_line()
        kept: list[str] = []
        for quotes, line in self._lines:
            shown = "> " * quotes + line if line or not quotes else (">" * quotes)
            if line or (kept and kept[-1].strip("> ")):
                kept.append(shown)
        while kept and not kept[-1].strip("> "):
            kept.pop()
        return "\n".join(kept).strip()

    def _apart(self) -> None:
        if self._lines and self._lines[-1][1]:
            self._lines.append((self._quotes, ""))

    def _end_line(self, *, always: bool = False) -> None:
        if always or self._line.strip():
            self._lines.append((self._quotes, self._line.rstrip() if self._verbatim else self._line.strip()))
        self._line = ""
