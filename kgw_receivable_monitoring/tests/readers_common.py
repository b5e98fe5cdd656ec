"""Small files and checks that the tests of the readers share."""

from odoo.tests.common import BaseCase

from ..tools import readers
from ..tools.readers import PROBLEM_CODES, UnreadableFile

HEAD = "Nr faktury;Data wystawienia;Termin płatności;Kwota brutto;NIP;Nazwa kontrahenta"
ROW = "FV 1/10/2026;01.10.2026;15.10.2026;1 234,56;8567346215;Alfa sp. z o.o."
KSEF_NAME = "5265877635-20250826-0100001AF629-AF.xml"
ACCOUNT = "PL61109010140000071219812874"
FA3 = "http://crd.gov.pl/wzor/2025/06/25/13775/"
FA2 = "http://crd.gov.pl/wzor/2023/06/29/12648/"


def make_csv(*rows, head=HEAD, encoding="cp1250"):
    return "\r\n".join((head, *rows, "")).encode(encoding)


def make_xml(**parts):
    """A short FA(3); each part replaces the default content of its element."""
    values = {
        "ns": FA3,
        "variant": "3",
        "system": "FA (3)",
        "seller": "<NIP>8567346215</NIP><Nazwa>Ogród sp. z o.o.</Nazwa>",
        "buyer": "<NIP>5265877635</NIP><Nazwa>Alfa S.A.</Nazwa>",
        "more_buyer": "",
        "address": "<AdresL1>ul. Kwiatowa 1</AdresL1><AdresL2>30-001 Kraków</AdresL2>",
        "currency": "PLN",
        "number": "FV 1/10/2026",
        "issued": "2026-10-01",
        "taxes": "<P_13_1>100</P_13_1><P_14_1>23.00</P_14_1>",
        "gross": "123.00",
        "mpp": "2",
        "kind": "VAT",
        "corrected": "",
        "settlement": "",
        "payment": "<TerminPlatnosci><Termin>2026-10-15</Termin></TerminPlatnosci>",
        **parts,
    }
    return (
        (
            '<?xml version="1.0" encoding="UTF-8"?>\n<Faktura xmlns="{ns}"><Naglowek>'
            '<KodFormularza kodSystemowy="{system}">FA</KodFormularza>'
            "<WariantFormularza>{variant}</WariantFormularza></Naglowek>\n"
            "<Podmiot1><DaneIdentyfikacyjne>{seller}</DaneIdentyfikacyjne></Podmiot1>\n"
            "<Podmiot2><DaneIdentyfikacyjne>{buyer}</DaneIdentyfikacyjne><Adres>"
            "<KodKraju>PL</KodKraju>{address}</Adres>{more_buyer}</Podmiot2>\n"
            "<Fa><KodWaluty>{currency}</KodWaluty><P_1>{issued}</P_1><P_2>{number}</P_2>{taxes}"
            "<P_15>{gross}</P_15><Adnotacje><P_18A>{mpp}</P_18A></Adnotacje>"
            "<RodzajFaktury>{kind}</RodzajFaktury>{corrected}{settlement}"
            "<Platnosc>{payment}</Platnosc></Fa></Faktura>"
        )
        .format(**values)
        .encode()
    )


class ReaderCase(BaseCase):
    def _read_one(self, content, filename=""):
        result = readers.read(content, filename)
        self.assertFalse(result.problems)
        self.assertEqual(len(result.documents), 1)
        return result.documents[0]

    def _assert_unreadable(self, content, code, detail=None, filename=""):
        with self.assertRaises(UnreadableFile) as caught:
            readers.read(content, filename)
        self.assertEqual(caught.exception.code, code)
        if detail is not None:
            self.assertEqual(caught.exception.detail, detail)
        self.assertIn(code, PROBLEM_CODES)
        return caught.exception

    def _get_codes(self, notes):
        self.assertLessEqual({note.code for note in notes}, set(PROBLEM_CODES))
        return [note.code for note in notes]

    def _get_instalments(self, document):
        return [(f"{part.due_date}", f"{part.amount}") for part in document.instalments]
