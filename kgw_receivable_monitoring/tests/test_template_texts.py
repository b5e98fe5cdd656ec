"""The words that we ship: they render in every situation, and say nothing that must not be said."""

import copy
import html
import re
from itertools import product

from lxml import etree

from odoo.tests.common import BaseCase
from odoo.tools.misc import file_path

from ..tools import text
from ..tools.text import SAMPLE_VALUES

TO_CREDITOR = {
    "email_creditor_question",
    "email_approval",
    "email_creditor_report",
    "email_creditor_payments",
    "email_dispute",
    "email_insolvency",
    "email_promise_broken",
    "email_creditor_summary",
    "email_account_change",
    "email_account_doubt",
}
PROMISE = {"email_promise", "sms_promise", "email_instalments", "sms_instalments"}
FILES = (
    "kgw_template_data.xml",
    "kgw_template_instalments_data.xml",
    "kgw_template_creditor_data.xml",
    "kgw_account_template_data.xml",
)
BEFORE_DUE = PROMISE | {
    "email_information",
    "call_information",
    "sms_information",
    "letter_information",
}
NOTICES = {"notice_person", "notice_contact"}
CONSUMER = {"letter_demand_consumer", "email_demand_consumer"}
CODES = (
    TO_CREDITOR
    | BEFORE_DUE
    | CONSUMER
    | {
        "sms_reminder",
        "email_reminder",
        "call_reminder",
        "letter_reminder",
        "email_monit",
        "call_monit",
        "sms_monit",
        "letter_demand",
        "email_demand",
        "letter_final",
    }
)
LANGUAGES = ("pl_PL", "en_US")

# Words of debt: not before the due date. Nobody is ever called a debtor.
NEVER = "dłużni|dluzni|debtor"
NOT_BEFORE_DUE = (
    r"\bd[łl]ug(u|i|iem|ów|ow|ami)?\b|zad[łl]u[żz]|windyka|wierzyciel|zaleg[łl]|po terminie|odset"
    r"|wezwan|\bsąd|debt|creditor|arrears|overdue|past due|interest|demand|court|collection"
)
# UOKiK: RKT-09/2011 (SAF), RWA-27/2009 (EOS KSI), RGD-2/2018 (VEX): costs that "will" be borne,
# amounts that "will multiply", visits of inspectors, slogans of fear.
UOKIK = (
    "wszelki(e|ch) koszt|cało(ść|ści) koszt|wielokrotn|inspektor|wizyt|inwentaryz|komornik|egzekucj"
    "|zajęci|licytac|areszt|konfiskat|pracodawc|sąsiad|rejestr|(all|any) costs|bailiff|enforcement"
)
OFFICIALESE = "niniejsz|przedmiotow|celem |tytułem"


def _load():
    """Return {(code, language): (channel, subject, body)} of the data files."""
    paths = [file_path(f"kgw_receivable_monitoring/data/{name}") for name in FILES]
    records = {
        record.get("id"): {f.get("name"): f.get("ref") or f.text or "" for f in record}
        | {"model": record.get("model")}
        for path in paths
        for record in etree.parse(path).iter("record")
    }
    texts = (r for r in records.values() if r["model"] == "kgw.template.text")
    return {
        (records[t["template_id"]]["code"], t["lang"]): (
            records[t["template_id"]]["channel"],
            t.get("subject", ""),
            t["body"],
        )
        for t in texts
    }


def _item(number="FV 1/11/2026", **changes):
    return {**SAMPLE_VALUES["items"][0], "number": number, "title": number, **changes}


def _values(code, lang="pl_PL", count=1, acting="agency", **changes):
    """Return values as a case in this situation would give them."""
    values = copy.deepcopy(SAMPLE_VALUES)
    late = "" if code in BEFORE_DUE else "17"
    values["items"] = [_item(f"FV {n}/11/2026", days_overdue=late) for n in range(1, count + 1)]
    values["others"] = [_item("FV 77/11/2026", days_overdue=late)] if count > 1 else []
    values["invoices"] = [{"number": i["number"], "name": i["number"]} for i in values["items"]]
    values["acting"] = acting
    values["count_invoices"], values["count_of_invoices"] = _count(count, lang)
    if acting != "agency":
        values["authority_date"] = ""
        values["brand"] = {
            **values["creditor"],
            "short_name": "Zelazo",
            "phone": "22 765 43 21",
            "email": "rozliczenia@zelazo.example",
            "website": "",
        }
    return {**values, **changes}


def _count(count, lang):
    if lang == "en_US":
        return (f"{count} invoice" + "s" * (count > 1),) * 2
    polish = {1: ("1 faktura", "1 faktury"), 2: ("2 faktury", "2 faktur")}
    return polish.get(count, (f"{count} faktur",) * 2)


def _write(entry, values):
    """Return subject and text, the HTML of e-mails and letters without its tags."""
    channel, subject, body = entry
    written = text.render_plain(body, values)
    if channel in ("email", "letter"):
        written = re.sub(r"</(t[dhr]|p|div|h\d)>", "\n", text.render_html(body, values))
        written = html.unescape(re.sub(r"<[^>]+>", "", written))
    return text.render_plain(subject, values), written


SITUATIONS = {
    "euro": {"total": "125,00 EUR", "items": [_item(amount="125,00 EUR", residual="125,00 EUR")]},
    "currencies": {"total": "10,00 zł, 20,00 EUR", "total_words": ""},
    "no account": {"creditor": {**SAMPLE_VALUES["creditor"], "account": "", "bank": ""}},
    "consumer": {
        "is_consumer": "1",
        "counterparty": {
            "name": "Jan Kowalski",
            "nip": "",
            "address_lines": [{"line": "30-001 Kraków"}],
        },
    },
    "no date": {"answer_by": "", "answer_days": "7"},
    "one day": {"answer_by": "", "answer_days": "1"},
    "no days": {"answer_by": "", "answer_days": ""},
    "bare": {
        "brand": {**dict.fromkeys(SAMPLE_VALUES["brand"], ""), "name": "M", "short_name": "M"},
        "creditor": {**dict.fromkeys(SAMPLE_VALUES["creditor"], ""), "name": "W"},
        "authority_date": "",
        "legal_notice": "",
        "case": {"number": "1", "controller": ""},
        "items": [_item("1", paid="", ksef_number="", title="")],
    },
}


class TextCase(BaseCase):
    """Says in which situation a text failed."""

    situation = ()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.texts = _load()

    def _formatMessage(self, msg, standardMsg):
        return f"{self.situation} {super()._formatMessage(msg, standardMsg)}"


class TestTemplateTexts(TextCase):
    def _each(self, codes=CODES, counts=(1, 2, 20), brands=("agency", "white", "")):
        """Yield (code, language, values, subject, written) of every ordinary situation."""
        for code, lang, count, acting in product(sorted(codes), LANGUAGES, counts, brands):
            values = _values(code, lang, count, acting)
            self.situation = (code, lang, count, acting)
            yield (code, lang, values, *_write(self.texts[code, lang], values))

    def test_every_template_has_its_texts_in_both_languages(self):
        self.assertEqual(set(self.texts), set(product(CODES | NOTICES, LANGUAGES)))
        for (code, _lang), (channel, subject, _body) in self.texts.items():
            is_titled = channel in ("email", "letter") and code not in NOTICES
            self.assertEqual(bool(subject), is_titled, code)

    def test_every_text_keeps_to_the_contract(self):
        for (code, lang), (_channel, subject, body) in self.texts.items():
            with self.subTest(code=code, lang=lang):
                text.check(subject)
                text.check(body)

    def test_every_text_renders_in_every_situation(self):
        for (code, lang), (name, changes) in product(self.texts, SITUATIONS.items()):
            for acting in ("agency", "white", ""):
                with self.subTest(code=code, lang=lang, situation=name, acting=acting):
                    values = {**_values(code, lang, acting=acting), **changes}
                    _subject, written = _write(self.texts[code, lang], values)
                    self.assertNotRegex(written, r"\(\s*\)|: ?,|, ?,|\{|\}")

    def test_no_line_break_vanishes_between_two_words(self):
        """Jinja2 eats the break after a block: the next line must bring a space of its own."""
        for (code, lang), (_channel, _subject, body) in self.texts.items():
            with self.subTest(code=code, lang=lang):
                self.assertNotRegex(body, r"[^\s>}-]\{%[^%]*[^-]%\}\n(?=[\w{(])(?!\{%)")

    def test_every_text_is_well_formed_html(self):
        for (code, lang), (channel, _subject, body) in self.texts.items():
            if channel not in ("email", "letter"):
                continue
            for count in (1, 3):
                with self.subTest(code=code, lang=lang, count=count):
                    written = str(text.render_html(body, _values(code, lang, count)))
                    etree.fromstring(f"<div>{written.replace('<br>', '<br/>')}</div>")

    def test_no_text_joins_or_repeats_marks(self):
        """Line breaks vanish after a block; names and dates bring their own full stop."""
        for _code, _lang, _given, subject, written in self._each():
            for line in (subject, *written.split("\n")):
                self.assertNotRegex(line, r"\.\.|,,|\s[,.;](\s|$)")
                self.assertNotRegex(line, r"[a-ząęłóśćńźż][.,;:](?![a-z]*\.?example|o\.o)[A-ZŻŹĆ]")

    def test_texts_before_due_have_no_word_of_debt(self):
        for _code, _lang, values, subject, written in self._each(BEFORE_DUE):
            written = f"{subject}\n{written}".replace(values["legal_notice"], "").lower()
            self.assertNotRegex(written, NOT_BEFORE_DUE)

    def test_nobody_is_called_a_debtor(self):
        for _channel, subject, body in self.texts.values():
            self.assertNotRegex(f"{subject}\n{body}".lower(), NEVER)

    def test_no_phrase_that_uokik_forbids_nor_officialese(self):
        for (code, lang), (_channel, subject, body) in self.texts.items():
            with self.subTest(code=code, lang=lang):
                whole = " ".join(f"{subject} {body}".lower().split())
                self.assertNotRegex(whole, f"{UOKIK}|{OFFICIALESE}")

    def test_interest_is_named_and_no_rate_cost_or_compensation(self):
        named = "odsetki ustawowe za opóźnienie|odsetkami ustawowymi za opóźnienie|kwoty odsetek"
        for _code, lang, _given, _subject, written in self._each(CODES - TO_CREDITOR, (1,)):
            written = " ".join(written.lower().split())
            self.assertNotRegex(written, r"rekompensat|compensation|%|prowizj")
            if lang == "pl_PL":
                self.assertNotRegex(re.sub(named, "", written), "odset")

    def test_who_has_paid_is_asked_to_take_no_notice(self):
        polish = r"opłacono, (prosimy pominąć|proszę uznać .* za niebyłą)|oplacono, prosimy pominac"
        english = r"(already been (made|paid)|if paid), please disregard"
        for _code, lang, _given, _subject, written in self._each(CODES - TO_CREDITOR):
            sought = polish if lang == "pl_PL" else english
            self.assertRegex(" ".join(written.lower().split()), sought)

    def test_agency_says_for_whom_it_acts_and_by_what_right(self):
        polish = ("w imieniu i na rzecz", "na podstawie pełnomocnictwa z dnia")
        english = ("in the name and on behalf of", "power of attorney of")
        paper = {c for c in CODES - TO_CREDITOR if c.startswith(("email", "letter"))}
        for _code, lang, values, _subject, written in self._each(paper, brands=("agency",)):
            written = " ".join(written.split())
            acts, right = polish if lang == "pl_PL" else english
            self.assertIn(acts, written)
            self.assertIn(f"{right} {values['authority_date']}".lower(), written.lower())
            self.assertIn(values["creditor"]["name"], written)

    def test_white_label_and_own_sales_never_name_the_agency(self):
        for _code, _lang, _given, subject, written in self._each(brands=("white", "")):
            self.assertNotRegex(subject + written, "[Kk]ancelaria|pełnomocni|attorney")

    def test_letters_and_emails_say_how_much_to_whom_and_until_when(self):
        demands = {"letter_demand", "letter_final", "email_demand"} | CONSUMER
        for code, _lang, values, _subject, written in self._each(demands):
            for part in ("total", "answer_by", "total_words"):
                self.assertIn(values[part], written, code)
            self.assertIn(values["creditor"]["account"], written)
            for item in values["items"] + values["others"]:
                self.assertIn(item["number"], written)
            self.assertEqual("FV 77/11/2026" in written, bool(values["others"]))

    def test_legal_notice_stands_at_the_end_of_what_the_counterparty_gets(self):
        for code, _lang, values, _subject, written in self._each(CODES, counts=(1,)):
            is_paper = code.startswith(("email", "letter")) and code not in TO_CREDITOR
            self.assertEqual(written.strip().endswith(values["legal_notice"]), is_paper)

    def test_call_finds_out_who_is_there_before_it_names_the_matter(self):
        scripts = {c for c in CODES if c.startswith("call")}
        for _code, _lang, values, _subject, written in self._each(scripts):
            who = written.index(values["counterparty"]["name"])
            self.assertLess(who, written.index(values["total"]))
            self.assertLess(who, written.index(values["items"][0]["number"]))

    def test_creditor_is_led_to_the_portal_and_asked_for_no_reply(self):
        """It decides after login only: an answer by e-mail proves nobody."""
        for code, lang in product(TO_CREDITOR, LANGUAGES):
            body = self.texts[code, lang][2]
            with self.subTest(code=code, lang=lang):
                self.assertIn('<a href="{{ link }}">', body)
                self.assertNotRegex(" ".join(body.split()), "w odpowiedzi na|by replying|send us")

    def test_what_the_creditor_is_asked_says_until_when_and_what_silence_does(self):
        asked = {"email_approval", "email_creditor_question", "email_dispute"}
        for _code, _lang, values, _subject, written in self._each(asked):
            self.assertIn(values["answer_by"], written)
            self.assertIn(values["silence"], written)
            self.assertRegex(written, "nie trzeba odpisywać|no need to reply")

    def test_creditor_is_addressed_in_the_second_person(self):
        for code in TO_CREDITOR:
            body = self.texts[code, "pl_PL"][2]
            self.assertRegex(
                body, r"\b(Ty|Twoja|Twojej|Twoich|Ciebie|[Nn]ie musisz|zgłoś|Zdecyduj)\b"
            )
            self.assertNotRegex(body, "Państw")
