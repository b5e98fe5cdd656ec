"""What the demo's agents have on their hands at the end of the story: a few promises, a dispute, a
reply that waits for its reader, a missed call. Few records, so that every page has something."""

from datetime import timedelta

from ..tools import calendar
from .world import MODULE

REPLY = """From: {sender}
To: {to}
Subject: Re: {subject}
Message-ID: <odpowiedz-1@firma.example>
In-Reply-To: {ref}
Content-Type: text/plain; charset=utf-8

Dzień dobry,

przelew za tę fakturę zlecimy w poniedziałek. Proszę o ponowne przesłanie kopii faktury.

Pozdrawiam
Księgowość
"""


class Agents:
    """Adds to the last days of a story what people do besides calling.

    :param story: the :class:`~.story.Story`
    """

    def __init__(self, story):
        self.story, self.env = story, story.env
        last = calendar.back(story.end)
        self.promised_on = calendar.add_working_days(last, -6)
        self.kept_on = calendar.add_working_days(last, -4)
        self.before_last = calendar.add_working_days(last, -1)
        self.last = last
        self.taken = self.env["kgw.case"]
        self.kept = self.env["kgw.promise"]

    def work(self, day):
        """Do what belongs to one day, after its contacts went out."""
        now = self.story.get_moment(day, 12)
        if day == self.promised_on:
            self.promise("krakbud", 2, now)  # will be broken
            self.kept = self.promise("krakbud", 2, now)
        if day == self.kept_on:
            for line in self.kept.receivable_ids:
                residual = line.amount_residual_currency
                self.env["kgw.ledger"]._book_payment(line, residual, day, now)
        if day == self.before_last:
            self.promise("krakbud", 4, now, count=3)
            self.dispute(now)
        if day == self.last:
            self.answer(now)
            self.miss_a_call(now)

    def take_case(self, mandate, now):
        """Return a case that nobody has spoken with on that day, and what is overdue of it."""
        today = calendar.local_date(now)
        lines = self.env["account.move.line"].search(
            [
                ("kgw_case_id.mandate_id", "=", self.story.mandates[mandate].id),
                ("kgw_case_id", "not in", self.taken.ids),
                ("kgw_stage", "=", "overdue"),
            ],
            order="kgw_case_id, id",
        )
        for case, owed in lines.grouped("kgw_case_id").items():
            if not case.reminder_ids.filtered(lambda r: r.contact_on == today) and not any(
                case.hold_ids.mapped("is_open")
            ):
                self.taken |= case
                return case, owed
        return self.taken.browse(), lines.browse()

    def promise(self, mandate, days, now, count=1):
        """Take down a promise of everything overdue of a case, in weekly payments."""
        case, owed = self.take_case(mandate, now)
        if not case:
            return self.kept.browse()
        first = calendar.add_working_days(calendar.local_date(now), days)
        total = sum(owed.mapped("amount_residual_currency"))
        parts = [
            (calendar.forward(first + timedelta(weeks=number)), round(total / count, 2))
            for number in range(count)
        ]
        parts[-1] = (parts[-1][0], total - sum(amount for _day, amount in parts[:-1]))
        note = "Deklaracja pani z księgowości"
        return self.as_agent("kgw.promise")._give(case, owed, parts, now, note)

    def take_promise(self, call, owed, now):
        """What was promised in a call is taken down as at the desk: due in a few days."""
        on = calendar.add_working_days(calendar.local_date(now), 3)
        total = sum(owed.mapped("amount_residual_currency"))
        if len(owed.currency_id) == 1:
            call.env["kgw.promise"]._give(
                call.case_id, owed, [(on, total)], now, "Zapłacą przelewem"
            )

    def dispute(self, now):
        """One invoice is disputed; the creditor is asked."""
        _case, owed = self.take_case("krakbud", now)
        if owed:
            reason = self.env.ref(f"{MODULE}.dispute_reason_faulty")
            note = "Część towaru przyszła uszkodzona, reklamacja z protokołem."
            self.as_agent("kgw.dispute")._open(owed[:1], reason, note, now)

    def answer(self, now):
        """A counterparty answers by e-mail: the reply waits for somebody to read it."""
        sent = self.env["kgw.reminder"].search(
            [
                ("channel", "=", "email"),
                ("state", "in", ("sent", "delivered")),
                ("case_id", "not in", self.taken.ids),
                ("case_id.stage", "=", "overdue"),
                ("mandate_id", "=", self.story.mandates["krakbud"].id),
            ],
            order="id desc",
            limit=1,
        )
        if sent:
            self.taken |= sent.case_id
            raw = REPLY.format(
                sender=sent.recipient,
                to=sent.brand_id.alias_domain_id.catchall_email,
                subject=sent.subject,
                ref=sent.message_ref,
            )
            self.env["mail.thread"].with_context(kgw_now=now).message_process(False, raw)

    def miss_a_call(self, now):
        """Somebody who is to be called has called first and reached nobody."""
        call = self.env["kgw.reminder"].search(
            [
                ("channel", "=", "phone"),
                ("state", "in", ("planned", "failed")),
                ("case_id", "not in", self.taken.ids),
            ],
            order="call_points, id",
            limit=1,
        )
        if call.phone:
            self.env["kgw.missed.call"]._take(call.phone, call.brand_id.phone, now)

    def as_agent(self, model):
        """Return a model as the agent of the demo uses it."""
        return self.env[model].with_user(self.story.world.users["agent"]).sudo()
