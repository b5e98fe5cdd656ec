from datetime import timedelta
from functools import partial

from lxml import etree

from odoo.tests import tagged
from odoo.tools.misc import format_date

from .common import DUE
from .engine_common import KgwEngineCommon


@tagged("post_install", "-at_install", "kgw")
class TestEventWords(KgwEngineCommon):
    """Agents read the register in their own words, with names of people."""

    def setUp(self):
        super().setUp()
        self.line, self.day = self._overdue(4)
        self.case = self.line.kgw_case_id

    def tell(self, kind, **vals):
        event = self.env["kgw.event"]._record(
            [{"kind": kind, "at": self._at(self.day), "case_id": self.case.id, **vals}]
        )
        return event.headline, event.told, event.who

    def test_call_is_told_by_its_outcome_and_who_made_it(self):
        call = self._draft(self.line, "p4_call", self.day)
        record = self.env["kgw.channel.phone"].with_user(self.agent).sudo()._record_call
        record(call, "voicemail", "o 12", self._at(self.day))
        event = self.events("call", reminder_id=call.id)
        self.assertEqual(
            (event.headline, event.told, event.who), ("Phone call", "Voicemail: o 12", "kgw_agent")
        )

    def test_call_is_made_or_not_and_never_sent(self):
        call = self._draft(self.line, "p4_call", self.day)
        told = {
            kind: self.tell(kind, channel="phone", step_id=call.step_id.id)[0]
            for kind in ("cancelled", "sent", "delivered", "undelivered", "failed")
        }
        self.assertEqual(told["cancelled"], "Not made · Phone")
        self.assertFalse([t for t in told.values() if "sent" in t.lower() or "deliver" in t])
        self.assertEqual(self.tell("cancelled", channel="sms")[0], "Not sent · SMS")
        shown = dict(call._fields["shown_state"]._description_selection(self.env))
        for state, label in (("planned", "Planned"), ("undelivered", "Nobody reached")):
            call.state = state
            self.assertEqual(shown[call.shown_state], label)

    def test_invoices_with_one_number_are_told_apart_in_the_order_of_their_due_dates(self):
        documents = (
            self._document("77", due=DUE + timedelta(days=9)),
            self._document("5", due=DUE + timedelta(days=3)),
            self._document("77", issued=DUE - timedelta(days=40)),
        )
        lines = self._watch(*documents)
        told = ["77 (2026-09-07)", "5", "77 (2026-09-16)"]
        self.assertEqual(self.env["kgw.event"]._name_invoices(lines), told)
        call = self._draft(lines, "p4_call", self.day)
        self.env["kgw.event"]._record_contacts(call, "planned", self._at(self.day))
        self.assertEqual(self.events("planned", reminder_id=call.id).payload["invoices"], told)
        planned = self.events("planned", reminder_id=call.id)
        self.assertEqual(planned.invoice, "77 (09/07/2026), 5 (+1)")
        for line in lines:  # told apart where only one is named, too
            names = self.env["kgw.event"]._name_invoices(line)
            self.assertEqual(names, [name for name in told if name in names])
        call.line_ids.filtered(lambda rl: rl.receivable_id != lines[0]).void = True
        self.env["kgw.event"]._record_contacts(call, "sent", self._at(self.day))
        [alone] = self.events("sent", reminder_id=call.id).payload["invoices"]
        self.assertEqual(alone, "77 (2026-09-16)")
        self.env["kgw.hold"].create(
            {"case_id": lines.kgw_case_id.id, "move_id": lines[2].move_id.id, "reason": "other"}
        )
        held = self.events("hold", move_id=lines[2].move_id.id)
        self.assertEqual(held.invoice, "77 (09/07/2026)")
        asked = self.env["kgw.decision"]._ask(
            "horizon", lines.kgw_next_step_id[:1], lines, self.day, self._at(self.day)
        )
        shown = "77 (09/07/2026), 5, 77 (09/16/2026)"
        self.assertEqual(asked.invoices, shown)
        self.assertEqual(
            self.env["kgw.event"]._say_invoices(told, partial(format_date, self.env)), shown
        )

    def test_instalment_is_named_by_its_due_date_in_contacts_and_in_its_own_entries(self):
        days = [DUE, DUE + timedelta(days=30)]
        first, second = self._watch(self._document("88", due=days)).sorted("date_maturity")
        call = self._draft(first, "p4_call", self.day)
        self.env["kgw.event"]._record_contacts(call, "planned", self._at(self.day))
        [told] = self.events("planned", reminder_id=call.id).payload["invoices"]
        self.assertEqual(told, "88 (2026-09-07)")
        second._kgw_refresh_course(self.day, self._at(self.day))
        self.env["kgw.event"]._record([second._kgw_prepare_event_vals("stage", self._at(self.day))])
        entry = self.events("stage", instalment=2)[-1]
        self.assertEqual(entry.invoice, "88 (10/07/2026)")
        portal = self.env["kgw.portal"].with_context(lang="en_US")
        self.assertEqual(portal._get_invoices(entry, {}), "88 (7 Oct 2026)")
        hold = self.env["kgw.hold"].create(
            {"case_id": first.kgw_case_id.id, "move_id": first.move_id.id, "reason": "other"}
        )
        self.assertIn(" 88)", hold.display_name, "all instalments of it wait")

    def test_step_beside_its_channel_does_not_repeat_it(self):
        call = self._draft(self.line, "p4_call", self.day)
        call.step_id.name = "Phone: monit"
        self.assertEqual(call.step_label, "Monit")
        call.channel = "sms"  # by its fallback: then the name says something else
        self.assertEqual(call.step_label, "Phone: monit")

    def test_what_nobody_did_is_automatic_and_no_technical_user_is_named(self):
        self.run_day(self.day)
        events = self.env["kgw.event"].search([("case_id", "=", self.case.id)])
        self.assertIn("automatically", events.mapped("who"))
        self.assertFalse(set(events.mapped("who")) & {"OdooBot", "System", False, ""})

    def test_payment_promise_hold_and_reply_say_what_they_were(self):
        money = {"amount": 1230, "currency": "PLN"}
        for kind, payload, told in (
            ("payment", {**money, "paid_on": "2026-09-10"}, ("1,230.00", "09/10/2026")),
            ("promise", {**money, "parts": [{"day": "2026-09-11"}]}, ("1,230.00", "09/11/2026")),
            ("hold", {"reason": "dispute", "note": "wada"}, ("isput", "wada")),
        ):
            with self.subTest(kind=kind):
                said = self.tell(kind, payload=payload)[1]
                for words in told:
                    self.assertIn(words, said)
        self.assertEqual(self.tell("reply")[2], "Budmax sp. z o.o.")

    def test_message_shows_its_subject_and_channel(self):
        said = self.tell("sent", channel="email", payload={"subject": "Faktura FV 1"})
        self.assertEqual(said[:2], ("Sent · E-mail", "Faktura FV 1"))

    def test_history_is_read_in_words_and_not_as_a_raw_record(self):
        form = etree.fromstring(self.env["kgw.event"].get_view(view_type="form")["arch"])
        shown = {field.get("name") for field in form.iter("field")}
        self.assertIn("told", shown)
        self.assertFalse(shown & {"payload", "digest", "hash", "salt", "is_part", "mandate_id"})
