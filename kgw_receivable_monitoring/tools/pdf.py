"""Paper: a page of HTML becomes PDF/A-3b through WeasyPrint, which is loaded only when needed.

Nothing is fetched from anywhere: images come as ``data:`` URIs, fonts from the system. The same
input on the same machine gives the same bytes: a letter can be compared with the posted one.
"""

import hashlib
import io
import logging
import re
import threading
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

PDF_VARIANT = "pdf/a-3b"  # archives and the hybrid post take it; fonts must be inside
NOISY_LOGGERS = ("weasyprint", "fontTools")
CURE = (
    "Letters need WeasyPrint and Pango: pip install weasyprint, and on Debian apt-get install"
    " libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
)

# In Polish typography one-letter words (a, i, o, u, w, z) never end a line, nor does the first part
# of a date or of an abbreviated reference.
_BOUND = re.compile(
    r"(?<![\w&;])(?:[aiouwzAIOUWZ]|art\.|pkt|tel\.|ul\.|§|NIP)\s+(?=\S)"
    r"|(?<!\d)\d{1,2}\s+(?=[a-zćńśźż]{3,12}\s+\d{4}\b)"
    r"|\b\d{4}\s+(?=r\.)"
)
_TEXT = re.compile(r">([^<]+)<")


class PdfError(Exception):
    """A PDF can't be made.

    :param code: ``missing`` (library), ``foreign`` (the page wants something from outside),
        ``broken`` (a part is no PDF)
    :param detail: English sentence that says what to do
    """

    def __init__(self, code, detail):
        super().__init__(detail)
        self.code = code
        self.detail = detail


def letter_css():
    """Return the style sheet of our letters."""
    return _read_sheet("letter.css")


def handover_css():
    """Return the style sheet of the history of a case."""
    return _read_sheet("handover.css")


@lru_cache(maxsize=2)
def _read_sheet(name):
    path = Path(__file__).parents[1] / "static" / "src" / "letter" / name
    return path.read_text(encoding="utf-8")


def html_to_pdf(html, css, title, author, lang):
    """Return ``html`` in the style of ``css`` as PDF/A-3b.

    :param title: what a reader shows on top of its window: the brand, nothing about money
    :param author: the brand
    :param lang: language of the text, ``pl_PL`` or ``pl``
    :raise PdfError: ``missing`` or ``foreign``
    """
    language = lang.replace("_", "-")
    page = _bind_short_words(html) if language.startswith("pl") else str(html)
    with _quiet():
        weasyprint = _load()
        fetcher = _make_fetcher(weasyprint)
        sheet = weasyprint.CSS(string=css, url_fetcher=fetcher)
        document = weasyprint.HTML(string=page, url_fetcher=fetcher).render(stylesheets=[sheet])
        _refuse_foreign(fetcher.refused)
        document.metadata.title, document.metadata.authors = title, [author]
        document.metadata.lang = language
        return document.write_pdf(
            pdf_variant=PDF_VARIANT,
            pdf_identifier=_identify(page, css, title, author),
        )


def merge(parts):
    """Return the PDFs of ``parts``, in their order, as one PDF.

    :raise PdfError: ``broken``, which names the part
    """
    from pypdf import PdfWriter  # only printing needs it

    writer, output = PdfWriter(), io.BytesIO()
    for number, part in enumerate(parts, start=1):
        _append(writer, part, number)
    writer.write(output)
    return output.getvalue()


def _append(writer, part, number):
    from pypdf.errors import PyPdfError

    try:
        writer.append(io.BytesIO(part))
    except (PyPdfError, ValueError, KeyError) as error:
        detail = f"Part {number} of the print is no readable PDF: make that letter again"
        raise PdfError("broken", detail) from error


def _load():
    """Return the library; its import takes half a second and needs libraries of the system."""
    try:
        import weasyprint
    except (ImportError, OSError) as error:
        raise PdfError("missing", CURE) from error
    return weasyprint


def _make_fetcher(weasyprint):
    """Return a fetcher that knows ``data:`` only, and remembers what else was wanted."""

    class DataFetcher(weasyprint.urls.URLFetcher):
        refused = ()

        def fetch(self, url, headers=None):
            if not url.lower().startswith("data:"):
                self.refused += (url,)
                raise ValueError("only data: URIs are read")
            return super().fetch(url, headers)

    return DataFetcher(allowed_protocols=("data",), allow_redirects=False)


def _refuse_foreign(urls):
    """A picture that is missing must stop a letter, not leave it with a hole."""
    if urls:
        detail = f"The page wants “{urls[0]}” from outside: put the picture into the brand instead"
        raise PdfError("foreign", detail)


def _identify(*parts):
    """Return the identifier of the file: of its content, so that the same letter stays the same."""
    return hashlib.md5("\0".join(parts).encode(), usedforsecurity=False).hexdigest().encode()


def _bind_short_words(html):
    """Tie what must not end a line to the next word with a no-break space."""

    def tie(match):
        return match[0].rstrip() + "\u00a0"

    return _TEXT.sub(lambda match: f">{_BOUND.sub(tie, match[1])}<", str(html))


# === LOGGERS === #

_quiet_lock = threading.Lock()
_quiet_levels = {}
_quiet_depth = 0


@contextmanager
def _quiet():
    """Keep the libraries' progress out of the log while a page is made, in whatever thread.

    The first to come in raises the level, the last to leave restores it.
    """
    _enter_quiet()
    try:
        yield
    finally:
        _leave_quiet()


def _enter_quiet():
    global _quiet_depth  # guarded by the lock
    with _quiet_lock:
        if not _quiet_depth:
            for name in NOISY_LOGGERS:
                logger = logging.getLogger(name)
                _quiet_levels[name] = logger.level
                logger.setLevel(max(logger.level, logging.WARNING))
        _quiet_depth += 1


def _leave_quiet():
    global _quiet_depth  # guarded by the lock
    with _quiet_lock:
        _quiet_depth -= 1
        if not _quiet_depth:
            for name, level in _quiet_levels.items():
                logging.getLogger(name).setLevel(level)
