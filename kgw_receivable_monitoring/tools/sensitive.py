"""Words that must not slip into what a creditor reads of its counterparty. No ORM."""

import re
import unicodedata


def fold(text):
    """Return ``text`` in small letters without Polish marks: people type either way."""
    text = text.lower().replace("ł", "l")
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def find_words(text, stems):
    """Return the words of ``text`` that begin with one of ``stems``, each once, as they stand there.

    Polish inflects endings, so a stem stands for all forms of its word.

    :param stems: ``(stem, is_whole)``; a whole word matches only itself
    """
    if not stems:
        return []
    pattern = "|".join(
        re.escape(fold(stem)) + (r"\b" if is_whole else r"\w*") for stem, is_whole in stems
    )
    folded = fold(text)
    # Folding keeps the number of letters: positions fit the text as it stands.
    found = [match.span() for match in re.finditer(rf"\b(?:{pattern})", folded)]
    return list(dict.fromkeys(text[start:end] for start, end in found))
