from unittest.mock import patch

from psycopg2.errors import UniqueViolation

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models import kgw_import_taking
from .common import MODULE
from .test_import import ImportCase

LOGGER = f"odoo.addons.{MODULE}.models.kgw_import_taking"


@tagged("post_install", "-at_install", "kgw")
class TestImportTaking(ImportCase):
    """Thousands of rows are taken by the scheduled action: told while it lasts, whole or not."""

    def setUp(self):
        super().setUp()
        self.told = []
        self.patch(
            type(self.env["bus.bus"]),
            "_sendone",
            lambda bus, channel, kind, message: self.told.append((bus.env.cr, kind, message)),
        )
        self.mandate.names_hours = 0

    def _order(self, count=3, at_once=0):
        """Hand ``count`` rows over and press the button."""
        rows = [self._row(f"{n}/2026", amount=f"{n},00") for n in range(1, count + 1)]
        record = self._hand_over(*rows)
        record.action_preview()
        self.patch(kgw_import_taking, "AT_ONCE", at_once)
        record.action_take()
        return record

    def _run_cron(self):
        def commit(cron, *_args, **_kwargs):
            cron.env.cr.commit()  # of a test cursor; other tests let no cron commit
            return 60

        self.env.flush_all()
        with (
            self.enter_registry_test_mode(),
            patch.object(type(self.env["ir.cron"]), "_commit_progress", commit),
        ):
            self.env.ref(f"{MODULE}.ir_cron_kgw_take_imports").method_direct_trigger()
        self.env.invalidate_all()

    def _get_sentences(self):
        messages = [message for _cr, kind, message in self.told if kind == "kgw_import"]
        return list(dict.fromkeys(message["sentence"] for message in messages))

    def test_five_hundred_rows_are_taken_while_the_person_may_leave(self):
        self.manager.lang = "en_US"
        record = self._order(500, at_once=200)
        self.assertEqual((record.state, len(self._get_moves())), ("taking", 0))
        for act in (record.action_take, record.action_preview, record.action_withdraw):
            with self.assertRaises(UserError):
                act()
        with self.assertRaises(UserError):
            record.unlink()
        self._run_cron()
        self.assertEqual((record.state, set(record.line_ids.mapped("state"))), ("done", {"done"}))
        self.assertEqual(sum(self._get_moves().mapped("amount_residual")), 500 * 501 / 2)
        self.assertEqual(self._get_moves().create_uid, self.manager)
        self.assertEqual(
            self._get_sentences(),
            [
                "The files are being read.",
                *(f"Invoices booked: {count}00 of 500." for count in range(1, 6)),
                "The invoices are booked. Cases are being opened.",
                "",
            ],
        )

    def test_progress_is_told_outside_the_transaction_that_takes(self):
        record = self._order(60, at_once=60)
        self.assertEqual(record.state, "done")
        cursors = {cr for cr, kind, message in self.told if message.get("sentence")}
        self.assertTrue(cursors)
        self.assertNotIn(self.env.cr, cursors)

    def test_what_can_not_be_taken_is_a_preview_again_with_the_reason(self):
        record = self._order()
        self.mandate.action_suspend()
        self._run_cron()
        self.assertEqual((record.state, len(self._get_moves())), ("preview", 0))
        self.assertRegex(record.message, "Activate|Aktywuj|zlecen")
        self.assertEqual(self._get_sentences(), [""])

    def test_error_of_the_program_books_nothing_and_stops_no_other(self):
        first, second = self._order(), self._hand_over(self._row("X/1"))
        second.action_take()
        booking = type(self.env["kgw.import.booking"])
        book = booking._book

        def fail_once(self, record, *args):
            book(self, record, *args)
            if record == first:
                raise ValueError("broken")

        with patch.object(booking, "_book", fail_once), mute_logger(LOGGER):
            self._run_cron()
        self.assertEqual((first.state, second.state), ("preview", "done"))
        self.assertEqual(self._get_moves().mapped("kgw_number"), ["X/1"])
        self.assertIn(str(first.id), first.message)

    def test_lost_race_is_tried_again_and_a_run_cut_off_too_often_is_told(self):
        record = self._order()
        booking = type(self.env["kgw.import.booking"])
        for race in kgw_import_taking.RACES:
            with patch.object(booking, "_book", side_effect=race):
                self._run_cron()
        self.assertEqual((record.state, record.tries), ("taking", 2))
        with (
            patch.object(booking, "_book", side_effect=UniqueViolation),
            self.assertLogs(LOGGER, "ERROR"),
        ):
            self._run_cron()
        self.assertEqual(record.state, "preview")
        self.assertIn(str(record.id), record.message)
        record.action_take()
        record.sudo().tries = kgw_import_taking.MAX_TRIES
        self._run_cron()
        self.assertEqual(record.state, "preview")
        self.assertIn("limit_time_real_cron", record.message)
        record.action_take()
        self._run_cron()
        self.assertEqual((record.state, len(self._get_moves())), ("done", 3))
