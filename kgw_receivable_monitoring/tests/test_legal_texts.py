"""What the law asks of texts to consumers and of the notice on data protection."""

from itertools import product

from ..tools import text
from .test_template_texts import (
    CONSUMER,
    LANGUAGES,
    NOT_BEFORE_DUE,
    NOTICES,
    TextCase,
    _values,
    _write,
)


class TestLegalTexts(TextCase):
    def test_demand_to_a_consumer_names_the_civil_code_and_threatens_with_nothing(self):
        # Consumers owe interest under art. 481 kc; the act on late payment in commercial
        # transactions (8 March 2013, art. 2) is not about them.
        business = r"transakcj|handlow|commercial|przedsądow|court|BIG|\b(40|70|100) (euro|EUR)"
        for code, lang, acting in product(CONSUMER, LANGUAGES, ("agency", "white", "")):
            self.situation = (code, lang, acting)
            values = _values(code, lang, acting=acting, is_consumer="1")
            written = " ".join(" ".join(_write(self.texts[code, lang], values)).split())
            law = "art. 481 Kodeksu cywilnego" if lang == "pl_PL" else "article 481 of the Polish"
            self.assertIn(law, written)
            self.assertNotRegex(written, business)
            self.assertRegex(written, "rat|instalments")

    def test_notice_names_controller_purpose_rights_and_has_no_word_of_debt(self):
        polish = "art. 6 ust. 1 lit. f RODO|sprzeciwu|Prezesa Urzędu|przedawnienia|pochodzą od"
        english = r"6\(1\)\(f\) GDPR|object to|UODO|time-barred|come from"
        for code, lang, acting in product(NOTICES, LANGUAGES, ("agency", "white", "")):
            values = _values(code, lang, acting=acting)
            self.situation = (code, lang, acting)
            written = " ".join(text.render_plain(self.texts[code, lang][2], values).split())
            self.assertIn(f"{values['creditor']['name']}, {values['creditor']['address']}", written)
            self.assertEqual("Kancelaria" in written, acting == "agency")
            self.assertNotIn(" .", written)
            self.assertNotRegex(written.lower(), NOT_BEFORE_DUE)
            for part in (polish if lang == "pl_PL" else english).split("|"):
                self.assertRegex(written, part)
