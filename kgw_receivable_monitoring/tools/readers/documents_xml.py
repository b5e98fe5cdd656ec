"""What readers of files with many documents share: values with commas, warnings with lines."""

from .base import MAX_VALUE, Problem, ReadResult, warning
from .checks import check_party
from .xml_elements import ElementReader, text


class DocumentReader(ElementReader):
    """Reads one document, an element of a file with many."""

    def __init__(self, element):
        super().__init__()
        self.element = element
        self.line = element.sourceline

    def amount(self, element, path, name, required=False):
        """Read an amount, also with the decimal comma that some programs write."""
        for found in element.iterfind("/".join(f"{{*}}{step}" for step in path.split("/"))):
            if found.text and "," in found.text:
                found.text = found.text.strip().replace(",", ".")
        return super().amount(element, path, name, required)

    def currency(self, *codes):
        """Return the first code that is there, PLN without any."""
        code = next(filter(None, codes), "PLN").upper()
        if not (len(code) == 3 and code.isascii() and code.isalpha()):
            self.refuse("currency", "bad_currency", self.element, code)
        return code

    def check_buyer(self, party):
        """Refuse a document without a buyer; warn of what is wrong with one."""
        if not party.name:
            number = party.nip or party.foreign_tax_id
            if number:
                self.warn("buyer_name", "buyer_name_missing", number)
            else:
                self.refuse("buyer_name", "value_missing", self.element)
        self.warnings += check_party(self.line, party, "buyer")
        return party

    def warn(self, name, code, value=""):
        self.warnings.append(warning(self.line, name, code, value))

    def text(self, path):
        return text(self.element, path)


def collect(name, readers, problems=()):
    """Return the ReadResult of a file; a document that can't be read costs only itself.

    :param name: the format
    :param readers: one for each document, with ``document()`` and then ``problems``
    :param problems: what is wrong with the file beside its documents
    """
    documents, problems = [], list(problems)
    for reader in readers:
        document = reader.document()
        documents += [document] if document else []
        problems += reader.problems
    kept, repeated = _keep_first(documents)
    return ReadResult(name, kept, (*problems, *repeated))


def _keep_first(documents):
    """Return (documents, problems): of one number and day only the first is taken."""
    kept, problems = {}, []
    for document in documents:
        key = document.number, document.issue_date
        if key in kept:
            number = document.number[:MAX_VALUE]
            problems.append(Problem(document.line, "number", "duplicate_row", number))
        else:
            kept[key] = document
    return tuple(kept.values()), problems
