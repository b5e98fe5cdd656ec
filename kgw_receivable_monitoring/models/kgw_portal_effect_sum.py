from collections import Counter

from odoo import models

from .kgw_portal_base import KgwPortalBase


class KgwPortalEffectSum(models.AbstractModel):
    """What a decision for many counterparties changes in all, in counts and sums."""

    _name = "kgw.portal.effect.sum"
    _inherit = KgwPortalBase._name
    _description = "Creditor's Portal: What a Decision Changes in All"

    def _sum_up(self, differences, after, owed):
        """Return what changes for all cases together.

        :param differences: ``{case: Difference}``
        :param after: of :meth:`_take_pictures`
        :param owed: ``{case: {currency: amount}}`` of what the decision touches
        :return: ``cancelled``, ``anew`` and ``planned``, each ``[{label, number}]``; ``after``, what comes
            next, ``[{said, count, amount}]``, the most counterparties first; ``unchanged``, in words
            for how many nothing changes in what comes next, '' for none
        """
        differ = differences.values()
        same = sum(own.stays for own in differ)
        return {
            "cancelled": self._count_by_channel(own.gone for own in differ),
            "anew": self._count_by_channel(own.anew for own in differ),
            "planned": self._count_by_channel(own.come for own in differ),
            "after": self._group_coming(differences, after, owed),
            "unchanged": self._say_unchanged(same) if same else "",
        }

    def _say_unchanged(self, number):
        count = self._count(number, "counterparty", genitive=True)
        return self.env._("What comes next stays as it is for %s.", count)

    def _count_by_channel(self, records):
        """Return ``[{label, number}]`` of contacts by channel, and of questions.

        :param records: contacts and questions of each case
        """
        codes = Counter(
            record.channel if record._name == "kgw.reminder" else "question"
            for own in records
            for record in own
        )
        labels = {
            "phone": self.env._("calls on the agents' board"),
            "question": self.env._("questions to you"),
        }
        return [
            {
                "label": labels.get(code) or self._get_code_label("kgw.reminder", "channel", code),
                "number": number,
            }
            for code, number in codes.most_common()
        ]

    def _group_coming(self, cases, after, owed):
        """Return what comes next, each sentence with how many it is about and what they owe."""
        groups = {}
        for case in cases:
            groups.setdefault(self._name_group(after[case]), []).append(case)
        return [
            {
                "said": said or self._say_going_on([after[case].contact_on for case in own]),
                "count": self._count(len(own), "counterparty"),
                "amount": self._format_sums(self._add_all(owed.get(case, {}) for case in own)),
            }
            for said, own in sorted(groups.items(), key=lambda group: -len(group[1]))
        ]

    def _name_group(self, picture):
        """Return what keeps a counterparty back or why nobody contacts it, '' where contact goes on."""
        if picture.waiting:
            return picture.waiting
        if picture.contact_on:
            return ""
        if picture.plan:
            return self.env._("Nobody is contacted any more; we only ask you and report to you.")
        return picture.following

    def _say_going_on(self, days):
        first, last = self._format_date(min(days)), self._format_date(max(days))
        if first == last:
            return self.env._("Contact goes on, next on %s.", first)
        return self.env._(
            "Contact goes on, next from %(first)s to %(last)s.", first=first, last=last
        )

    def _add_all(self, sums):
        """Return the sums of several as one, each currency by itself."""
        total = {}
        for own in sums:
            for code, amount in own.items():
                total[code] = total.get(code, 0.0) + amount
        return total
