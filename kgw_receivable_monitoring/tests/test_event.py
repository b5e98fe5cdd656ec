import psycopg2

from odoo.tests.common import tagged
from odoo.tools import SQL, mute_logger

from .common import DUE
from .engine_common import KgwEngineCommon


@tagged("post_install", "-at_install", "kgw")
class TestEvent(KgwEngineCommon):
    """The register: only ever added to, and sealed so that any change is found."""

    def setUp(self):
        super().setUp()
        self.case = self._watch(self._document()).kgw_case_id
        self.env["kgw.event"]._seal(100000)

    def record(self, count=1, **payload):
        """Append notes and return them."""
        return self.env["kgw.event"]._record(
            [
                {
                    "kind": "note",
                    "at": self._at(DUE),
                    "case_id": self.case.id,
                    "payload": {"text": f"Rozmowa nr {number}", **payload},
                }
                for number in range(count)
            ]
        )

    def sealed(self, count=4):
        """Return fresh events, sealed."""
        self.env["kgw.event"]._seal(1000)
        events = self.record(count)
        self.assertEqual(self.env["kgw.event"]._seal(1000), count)
        self.assertIsNone(self.env["kgw.event"]._find_broken_link())
        return events

    def run_sql(self, query, *args):
        self.env.flush_all()
        self.env.cr.execute(SQL(query, *args))
        self.env.invalidate_all()

    def assertRefused(self, query, *args):
        with (
            self.assertRaises(psycopg2.errors.RaiseException),
            mute_logger("odoo.sql_db"),
            self.cr.savepoint(),
        ):
            self.run_sql(query, *args)

    def without_trigger(self, query, *args):
        """Do what somebody with the rights of the database's owner could do."""
        self.run_sql("ALTER TABLE kgw_event DISABLE TRIGGER kgw_event_append_only")
        self.run_sql(query, *args)
        self.run_sql("ALTER TABLE kgw_event ENABLE TRIGGER kgw_event_append_only")

    def find_broken(self):
        return self.env["kgw.event"]._find_broken_link()

    # === APPEND ONLY === #

    def test_event_can_be_neither_changed_nor_deleted(self):
        for event in (self.record(), self.sealed(1)):
            for column, value in (
                ("kind", "sent"),
                ("at", "2020-01-01"),
                ("case_id", None),
                ("reason", "paid"),
                ("user_id", 1),
                ("payload", '{"text": "inaczej"}'),
            ):
                with self.subTest(column=column, sealed=bool(event.hash)):
                    self.assertRefused(
                        f"UPDATE kgw_event SET {column} = %s WHERE id = %s", value, event.id
                    )
            self.assertRefused("DELETE FROM kgw_event WHERE id = %s", event.id)
        self.assertRefused("TRUNCATE kgw_event CASCADE")

    def test_orm_can_neither_change_nor_delete_an_event(self):
        event = self.record()
        self.env.flush_all()
        with (
            self.assertRaises(psycopg2.errors.RaiseException),
            mute_logger("odoo.sql_db"),
            self.cr.savepoint(),
        ):
            event.write({"reason": "paid"})
            self.env.flush_all()
        self.env.invalidate_all()
        with (
            self.assertRaises(psycopg2.errors.RaiseException),
            mute_logger("odoo.sql_db"),
            self.cr.savepoint(),
        ):
            event.unlink()

    def test_seal_can_be_filled_once_only(self):
        event = self.sealed(1)
        for column in ("seq", "hash", "digest"):
            value = 999999 if column == "seq" else "0" * 64
            with self.subTest(column=column):
                self.assertRefused(
                    f"UPDATE kgw_event SET {column} = %s WHERE id = %s", value, event.id
                )
        self.assertRefused("UPDATE kgw_event SET hash = NULL WHERE id = %s", event.id)

    def test_sealing_can_not_smuggle_a_change_in(self):
        event = self.record()
        self.assertRefused(
            "UPDATE kgw_event SET hash = 'x', seq = 1000000, reason = 'paid' WHERE id = %s",
            event.id,
        )

    # === SEALS === #

    def test_seals_run_without_gap_in_the_order_of_ids(self):
        events = self.sealed()
        self.assertEqual(
            events.mapped("seq"),
            [events[0].seq + number for number in range(4)],
        )
        self.assertEqual(events.ids, sorted(events.ids))
        self.assertEqual(len(set(events.mapped("hash"))), 4)

    def test_digest_is_the_hmac_of_the_payload_under_its_own_salt(self):
        events = self.record(2, text="to samo")
        self.env["kgw.event"]._seal(1000)
        [(payload, salt), (_same, other_salt)] = self.env.execute_query(
            SQL(
                """
            SELECT e.payload::text, s.salt
              FROM kgw_event e JOIN kgw_event_salt s ON s.event_id = e.id
             WHERE e.id IN %s ORDER BY e.id
        """,
                tuple(events.ids),
            )
        )
        self.assertEqual(events[0].digest, self.env["kgw.event"]._get_digest(salt, payload))
        self.assertNotEqual(salt, other_salt)
        self.assertNotEqual(events[0].digest, events[1].digest)

    def test_sealing_again_seals_nothing_and_batches_join_one_chain(self):
        self.record(5)
        sealed = [self.env["kgw.event"]._seal(2) for _round in range(4)]
        self.assertEqual(sealed, [2, 2, 1, 0])
        self.assertIsNone(self.find_broken())

    def test_event_without_payload_is_sealed_and_fits(self):
        event = self.env["kgw.event"]._record([{"kind": "note", "at": self._at(DUE)}])
        self.env["kgw.event"]._seal(10)
        self.assertTrue(event.hash)
        self.assertIsNone(self.find_broken())

    # === WHAT IS FOUND === #

    def test_changed_field_is_found_at_its_place(self):
        events = self.sealed()
        for column, value in (
            ("payload", '{"text": "inaczej"}'),
            ("kind", "sent"),
            ("at", "2020-01-01"),
            ("case_id", None),
            ("reason", "paid"),
            ("channel", "sms"),
            ("course", 9),
            ("digest", "0" * 64),
            ("hash", "0" * 64),
        ):
            with self.subTest(column=column), self.cr.savepoint() as point:
                self.without_trigger(
                    f"UPDATE kgw_event SET {column} = %s WHERE id = %s", value, events[1].id
                )
                self.assertEqual(self.find_broken(), events[1].seq)
                point.rollback()
        self.env.invalidate_all()
        self.assertIsNone(self.find_broken())

    def test_removed_event_is_found(self):
        events = self.sealed()
        seq = events[1].seq
        self.without_trigger("DELETE FROM kgw_event WHERE id = %s", events[1].id)
        self.assertEqual(self.find_broken(), seq)

    def test_removed_event_is_found_even_when_the_rest_is_renumbered(self):
        events = self.sealed()
        seq = events[1].seq
        self.without_trigger("DELETE FROM kgw_event WHERE id = %s", events[1].id)
        for event in events[2:]:
            self.without_trigger("UPDATE kgw_event SET seq = seq - 1 WHERE id = %s", event.id)
        self.assertEqual(self.find_broken(), seq)

    def test_swapped_events_are_found(self):
        events = self.sealed()
        first, second = events[1], events[2]
        seq = first.seq
        self.without_trigger("UPDATE kgw_event SET seq = -1 WHERE id = %s", first.id)
        self.without_trigger("UPDATE kgw_event SET seq = %s WHERE id = %s", seq, second.id)
        self.without_trigger("UPDATE kgw_event SET seq = %s WHERE id = %s", seq + 1, first.id)
        self.assertEqual(self.find_broken(), seq)

    def test_payload_swapped_together_with_its_digest_is_found(self):
        events = self.sealed()
        self.without_trigger(
            """
            UPDATE kgw_event e SET payload = o.payload, digest = o.digest
              FROM kgw_event o WHERE e.id = %s AND o.id = %s
        """,
            events[1].id,
            events[2].id,
        )
        self.assertEqual(self.find_broken(), events[1].seq)

    def test_changed_payload_whose_salt_was_removed_is_found(self):
        events = self.sealed()
        self.run_sql("DELETE FROM kgw_event_salt WHERE event_id = %s", events[1].id)
        self.without_trigger(
            "UPDATE kgw_event SET payload = %s WHERE id = %s", '{"text": "inaczej"}', events[1].id
        )
        self.assertEqual(self.find_broken(), events[1].seq)

    # === ERASURE === #

    def test_erased_content_leaves_the_chain_valid_and_is_told_by_an_entry(self):
        events = self.sealed()
        events[1]._erase("request", self._at(DUE, 15))
        self.assertFalse(events[1].payload)
        told = events[1].erasure_id
        self.assertEqual(
            (told.kind, told.case_id, told.at), ("erased", self.case, self._at(DUE, 15))
        )
        self.assertEqual(told.payload, {"why": "request", "count": 1})
        self.assertTrue(events[0].payload, "what was not named stays")
        self.assertIsNone(self.find_broken())
        self.record()
        self.env["kgw.event"]._seal(10)
        self.assertIsNone(self.find_broken())
        salts = "SELECT count(*) FROM kgw_event_salt WHERE event_id = %s"
        self.assertEqual(self.env.execute_query(SQL(salts, events[1].id)), [(0,)])

    def test_content_can_not_be_erased_without_an_entry_that_tells_it(self):
        event = self.sealed(1)
        self.assertRefused("UPDATE kgw_event SET payload = NULL WHERE id = %s", event.id)
        self.assertRefused(
            "UPDATE kgw_event SET erasure_id = %s WHERE id = %s", self.record().id, event.id
        )
        event._erase("retention", self._at(DUE))
        self.assertRefused(
            "UPDATE kgw_event SET erasure_id = %s WHERE id = %s", self.record().id, event.id
        )

    def test_amount_of_a_payment_is_never_erased(self):
        payments = self.env["kgw.event"]._record(
            [
                {"kind": kind, "at": self._at(DUE), "case_id": self.case.id, "payload": payload}
                for kind, payload in (
                    ("payment", {"amount": 12.5, "currency": "EUR"}),
                    ("payment_back", {"amount": 2.5}),
                    ("credit_note", {"amount": 4, "credit_note": "FK 1"}),
                )
            ]
        )

        def read():
            query = (
                "SELECT paid::float, paid_currency FROM kgw_event WHERE id = ANY(%s) ORDER BY id"
            )
            return self.env.execute_query(SQL(query, payments.ids))

        self.assertEqual(read(), [(12.5, "EUR"), (-2.5, "PLN"), (None, None)])
        self.env["kgw.event"]._seal(1000)
        payments._erase("request", self._at(DUE))
        self.assertEqual(read()[0], (12.5, "EUR"))
        self.assertTrue(all(payments.mapped("payload")))
        self.assertRefused(
            "UPDATE kgw_event SET payload = NULL, erasure_id = %s WHERE id = %s",
            self.record().id,
            payments[0].id,
        )

    def test_payload_removed_without_its_salt_is_found(self):
        events = self.sealed()
        query = "UPDATE kgw_event SET payload = NULL, erasure_id = %s WHERE id = %s"
        self.run_sql(query, self.record().id, events[1].id)
        self.assertEqual(self.find_broken(), events[1].seq)

    def test_scheduled_sealing_seals_everything_that_is_new(self):
        events = self.record(3)
        with self.enter_registry_test_mode():
            self.env["kgw.event"]._cron_seal()
        self.assertTrue(all(events.mapped("hash")))
