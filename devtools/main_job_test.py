"""What the main job must have done, asked of its real results: mail, SMS, letters, pages.

Run by ``./dev test`` after the demo's job, while Odoo serves its database, with these variables:
KGW_DEMO_OUT (folder of the keeping servers and letters), KGW_DEMO_URL (Odoo), KGW_DEMO_DSN
(connection string of the database).
"""

import email
import email.policy
import http.cookiejar
import json
import os
import re
import subprocess
import unittest
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import psycopg2

OUT = Path(os.environ.get("KGW_DEMO_OUT", "."))
URL = os.environ.get("KGW_DEMO_URL", "")
AGENCY = ("kam.example", "Krakowska Agencja", "KAM", "9991020125")


def query(sql, *values):
    """Return the rows of a query on the demo database."""
    with psycopg2.connect(os.environ["KGW_DEMO_DSN"]) as connection, connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def mails():
    """Return the messages that the SMTP server kept, with their raw text."""
    for path in sorted((OUT / "mail").glob("*.eml")):
        raw = path.read_bytes()
        yield (
            email.message_from_bytes(raw, policy=email.policy.default),
            raw.decode(errors="replace"),
        )


def texts_of_letters():
    """Return the text of every print run's PDF."""
    for path in sorted((OUT / "letters").glob("*.pdf")):
        yield subprocess.run(
            ["pdftotext", "-layout", path, "-"], check=True, capture_output=True, text=True
        ).stdout


class Visitor:
    """A portal user with a browser's cookies."""

    def __init__(self, login):
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(jar)
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.get("/web/login")[1]).group(1)
        form = urllib.parse.urlencode({"login": login, "password": login, "csrf_token": token})
        self.opener.open(f"{URL}/web/login", form.encode(), timeout=60)

    def get(self, path):
        """Return ``(final address, page)``."""
        try:
            with self.opener.open(f"{URL}{path}", timeout=60) as page:
                return page.geturl(), page.read().decode(errors="replace")
        except urllib.error.HTTPError as error:
            return error.geturl(), error.read().decode(errors="replace")


class MainJobTest(unittest.TestCase):
    """The five promises of the main job."""

    maxDiff = None

    # 1. Files become posted invoices of three creditors, under ordinary Polish numbers.

    def test_files_of_three_creditors_become_posted_invoices(self):
        rows = dict(
            query("""
            SELECT m.code, count(DISTINCT l.move_id) FROM account_move_line l
              JOIN kgw_case c ON c.id = l.kgw_case_id JOIN kgw_mandate m ON m.id = c.mandate_id
             WHERE l.parent_state = 'posted' GROUP BY m.code""")
        )
        self.assertEqual(rows, {"KRAKBUD": 35, "OGROD": 4, "KAM": 3})

    def test_polish_numbers_stay_as_the_creditor_wrote_them(self):
        rows = query("""
            SELECT kgw_number, count(*) FROM account_move WHERE state = 'posted'
               AND kgw_number IN ('12/11/2026', 'FV 9999/11/2026', '77') GROUP BY 1 ORDER BY 1""")
        self.assertEqual(rows, [("12/11/2026", 1), ("77", 2), ("FV 9999/11/2026", 1)])

    def test_own_sales_stay_in_the_ordinary_books_with_tax(self):
        [(moves, tax)] = query("""
            SELECT count(DISTINCT m.id), sum(m.amount_tax) FROM account_move m
              JOIN res_company c ON c.id = m.company_id
             WHERE m.name LIKE 'FS/%%' AND c.kgw_is_ledger IS NOT TRUE""")
        self.assertEqual(moves, 3)
        self.assertGreater(tax, 0)

    # 2. The scenario runs over days, in order.

    def test_rungs_come_in_order_for_every_receivable(self):
        order = {"information": 1, "reminder": 2, "monit": 3, "demand": 4, "final": 5}
        rows = query("""
            SELECT l.move_id, l.instalment, l.rung FROM kgw_reminder_line l
              JOIN kgw_reminder r ON r.id = l.reminder_id
              JOIN kgw_case c ON c.id = r.case_id
             WHERE r.state IN ('sent', 'delivered') AND l.step_id IS NOT NULL AND l.void IS NOT TRUE
               AND EXISTS (SELECT 1 FROM kgw_contact_point p WHERE p.case_id = c.id
                              AND p.kind IN ('email', 'phone') AND p.state <> 'wrong')
             ORDER BY r.contact_on, r.id""")
        highest = {}
        for move, instalment, rung in rows:
            reached = highest.get((move, instalment), 1)
            self.assertLessEqual(order[rung], max(reached + 1, 2))
            highest[move, instalment] = max(reached, order[rung])
        self.assertEqual(max(highest.values()), 5, "a final demand is among them")

    def test_counterparty_without_email_and_phone_gets_the_letter_at_once(self):
        rows = query("""
            SELECT r.channel, r.rung FROM kgw_reminder r JOIN kgw_case c ON c.id = r.case_id
              JOIN res_partner p ON p.id = c.counterparty_id
             WHERE p.name LIKE 'Cegielnia%%' AND r.state <> 'cancelled' ORDER BY r.id LIMIT 1""")
        self.assertEqual(rows, [("letter", "demand")])

    def test_a_case_has_one_contact_a_day_at_most(self):
        rows = query("""
            SELECT case_id, contact_on FROM kgw_reminder
             WHERE contact_on IS NOT NULL AND promise_id IS NULL  -- belongs to the talk it confirms
             GROUP BY 1, 2 HAVING count(*) > 1""")
        self.assertEqual(rows, [])

    def test_every_sent_reminder_went_through_the_register(self):
        [(missing,)] = query("""
            SELECT count(*) FROM kgw_reminder r WHERE state IN ('sent', 'delivered')
               AND NOT EXISTS (SELECT 1 FROM kgw_event e WHERE e.reminder_id = r.id AND e.kind = 'sent')""")
        self.assertEqual(missing, 0)

    # 3. E-mails over SMTP, SMS over HTTP, calls on the board, letters as PDF.

    def test_every_sent_email_stands_at_the_smtp_server_once(self):
        kept = [message["Message-Id"] for message, _raw in mails()]
        sent = [
            row[0]
            for row in query("""
            SELECT message_ref FROM kgw_reminder WHERE channel = 'email' AND state IN ('sent', 'delivered')""")
        ]
        self.assertTrue(sent)
        self.assertEqual([ref for ref in sent if kept.count(ref) != 1], [])

    def test_every_sent_sms_stands_at_the_gateway_once_in_one_part(self):
        kept = [json.loads(line) for line in (OUT / "sms" / "sms.jsonl").read_text().splitlines()]
        sent = [
            row[0]
            for row in query("""
            SELECT key FROM kgw_reminder WHERE channel = 'sms'
               AND state IN ('sent', 'delivered', 'undelivered') AND message_ref IS NOT NULL""")
        ]
        self.assertTrue(sent)
        self.assertEqual(sorted(message["idx"] for message in kept), sorted(sent))
        self.assertEqual({message["parts"] for message in kept}, {1})

    def test_calls_stand_as_activities_of_the_agents_of_the_team(self):
        rows = query("""
            SELECT DISTINCT u.login FROM mail_activity a JOIN res_users u ON u.id = a.user_id
              JOIN kgw_reminder r ON r.id = a.kgw_reminder_id WHERE r.state IN ('planned', 'failed')""")
        self.assertEqual({login for (login,) in rows}, {"agent", "marek"})

    def test_letters_have_polish_letters_as_text(self):
        text = " ".join(texts_of_letters())
        for words in (
            "Wezwanie do zapłaty",
            "Ostateczne przedsądowe wezwanie do zapłaty",
            "Tynki Małopolska Wójcik i Wspólnicy sp.j.",
            "słownie",
        ):
            self.assertIn(words, text)

    def test_white_label_never_names_the_agency(self):
        shown = [raw for message, raw in mails() if "zielonyogrod" in str(message["From"])]
        self.assertTrue(shown)
        for raw in shown:
            self.assertEqual([word for word in AGENCY if word in raw], [])

    # 4. Paid is quiet, a second run is quiet, late entries begin mildly.

    def test_what_is_paid_gets_nothing_more(self):
        rows = query("""
            SELECT e.move_id FROM kgw_event p
              JOIN kgw_event e ON e.move_id IS NOT DISTINCT FROM p.move_id AND e.kind = 'sent' AND e.at > p.at
             WHERE p.kind = 'payment' AND (p.payload ->> 'left')::numeric = 0
            UNION
            SELECT l.move_id FROM kgw_event p JOIN kgw_reminder_line l ON l.move_id = p.move_id
               AND l.instalment = p.instalment AND l.void IS NOT TRUE
              JOIN kgw_reminder r ON r.id = l.reminder_id AND r.contact_on > p.at::date + 2
             WHERE p.kind = 'payment' AND (p.payload ->> 'left')::numeric = 0""")
        self.assertEqual(rows, [])

    def test_backlog_invoice_begins_with_the_mildest_step(self):
        rows = query("""
            SELECT r.rung FROM kgw_reminder r JOIN kgw_reminder_line l ON l.reminder_id = r.id
              JOIN account_move m ON m.id = l.move_id
             WHERE m.kgw_number = 'FV 198/09/2026' AND r.state <> 'cancelled' ORDER BY r.id""")
        self.assertEqual(rows[0], ("reminder",))
        self.assertNotIn(("demand",), rows)

    def test_no_text_mixes_what_is_due_with_what_is_not(self):
        rows = query("""
            SELECT r.id FROM kgw_reminder r JOIN kgw_reminder_line l ON l.reminder_id = r.id
              JOIN account_move_line a ON a.id = l.receivable_id
             WHERE r.contact_on IS NOT NULL AND l.void IS NOT TRUE
             GROUP BY r.id
            HAVING count(DISTINCT r.contact_on > a.kgw_effective_due) > 1""")
        self.assertEqual(rows, [])

    # 5. A creditor sees its counterparty's history, another creditor nothing.

    def test_creditor_reads_the_history_of_its_counterparty(self):
        [(case,)] = query("""
            SELECT c.id FROM kgw_case c JOIN res_partner p ON p.id = c.counterparty_id
             WHERE p.name LIKE 'Tynki%%'""")
        address, page = Visitor("krakbud").get(f"/my/monitoring/{case}")
        self.assertIn(f"/my/monitoring/{case}", address)
        self.assertIn("Tynki Małopolska", page)
        self.assertIn("FV 205/10/2026", page)
        self.assertIn("<time", page)

    def test_another_creditor_gets_nothing(self):
        [(case, letter)] = query("""
            SELECT c.id, max(r.id) FROM kgw_case c JOIN res_partner p ON p.id = c.counterparty_id
              JOIN kgw_reminder r ON r.case_id = c.id AND r.channel = 'letter'
             WHERE p.name LIKE 'Tynki%%' GROUP BY c.id""")
        stranger = Visitor("ogrod")
        self.assertIn("Hotel Pod Modrzewiem", stranger.get("/my/monitoring")[1])
        for path in (f"/my/monitoring/{case}", f"/my/monitoring/letter/{letter}", "/my/monitoring"):
            self.assertNotIn("Tynki", stranger.get(path)[1])


if __name__ == "__main__":
    unittest.main()
