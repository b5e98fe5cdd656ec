"""An SMS fits one part, whatever the longest names and numbers are."""

from itertools import product

from ..tools import text
from .test_template_texts import TextCase, _values

# The basic GSM-7 alphabet without its extension table: one septet each (3GPP TS 23.038).
GSM_7 = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Longest values that an SMS must carry in one part of 160 characters.
SHORT_NAME, NUMBER, PHONE = "S" * 30, "N" * 20, "+48 601 700 800"


class TestSmsTexts(TextCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.texts = {key: entry for key, entry in cls.texts.items() if entry[0] == "sms"}

    def _each(self, **changes):
        for (code, lang), count, acting in product(self.texts, (1, 2), ("agency", "white", "")):
            values = {**_values(code, lang, count, acting), **changes}
            for item in values["items"]:
                item.update(number=changes.get("number", NUMBER), due_date="30.12.2026")
            for invoice in values["invoices"]:
                invoice["number"] = changes.get("number", NUMBER)
            values["brand"]["phone"] = PHONE
            for consumer, short, creditor in product(("", "1"), (12, 30), (20, 26, 60)):
                values["brand"]["short_name"] = SHORT_NAME[:short]
                values["creditor"]["name"] = "C" * creditor
                values["is_consumer"] = consumer
                self.situation = (code, lang, count, acting, consumer, short, creditor)
                yield values, text.render_plain(self.texts[code, lang][2], values)

    def test_longest_givenfit_one_part(self):
        for _given, written in self._each():
            self.assertLessEqual(len(written), 160, written)

    def test_only_letters_of_the_basic_alphabet_and_one_line(self):
        for _given, written in self._each():
            self.assertLessEqual(set(written), GSM_7 - {"\n", "\r"})
            self.assertNotIn("  ", written)

    def test_number_too_long_gives_way_to_the_date_of_the_invoice(self):
        for values, written in self._each(number="X" * 21):
            self.assertNotIn("XX", written)
            self.assertIn(values["items"][0]["issue_date"], written)
            self.assertLessEqual(len(written), 160, written)

    def test_brand_and_phone_are_there_and_no_amount(self):
        for values, written in self._each():
            self.assertTrue(written.startswith(values["brand"]["short_name"] + ": "))
            self.assertIn(PHONE, written)
            self.assertNotRegex(written, r"zł|zl\b|PLN|EUR|,\d\d\b")

    def test_others_are_one_or_many_and_may_be_due_later(self):
        for (code, lang), entry in self.texts.items():
            one, two, three = (
                text.render_plain(entry[2], _values(code, lang, count)) for count in (1, 2, 3)
            )
            words = ("inne[jgy]|inna", "innych|inne") if lang == "pl_PL" else ("another", "others")
            for written, word in zip((two, three), words, strict=True):
                self.assertRegex(written, rf" (i|and) ({word})\w*\b", code)
            self.assertNotRegex(one, " i inn| another| others")
            if code == "sms_information":
                self.assertRegex(two, r"(: od|due from) \d")

    def test_creditor_is_named_by_the_agency_where_there_is_room(self):
        written = dict.fromkeys((True, False), 0)
        for values, sms in self._each():
            names = values["creditor"]["name"] in sms
            written[names] += 1
            self.assertTrue(not names or values["acting"] == "agency")
        self.assertTrue(all(written.values()), written)
