from collections import Counter

from odoo import api, fields, models
from odoo.fields import Domain

from ..tools import calendar


class KgwDistributor(models.AbstractModel):
    """Decides who makes a call: the team of the mandate shares them by load.

    Whoever last had the case keeps it; who is away is replaced by its substitute, else by the team.
    When everybody has reached the day's limit, the call is nobody's: the team takes it when its own
    calls are made. Without a team the controller of the case calls.
    """

    _name = "kgw.distributor"
    _description = "Distribution of Calls"

    @api.model
    def _distribute(self, calls, on_date):
        """Write on each call who makes it on ``on_date``; nobody's where a team is full."""
        teams = calls.mandate_id.team_id
        load = self._get_load(teams.member_ids.user_id, on_date)
        last = self._get_last_agents(calls.case_id)
        absent = self._get_absent(on_date)
        for call in calls:
            agent = self._choose(call, last.get(call.case_id), load, absent)
            load[agent] += 1
            call.agent_id = agent

    def _choose(self, call, last, load, absent):
        """Return the agent for one call, or nobody.

        :param absent: the members who are away, of all teams: a substitute may be of another one
        """
        members = call.mandate_id.team_id.member_ids
        if not members:
            return call._get_agent()
        free = {
            member.user_id: member for member in members - absent if self._has_room(member, load)
        }
        for wanted in (call.agent_id, last):
            if wanted in free:
                return wanted
            away = (members & absent).filtered(lambda m, w=wanted: m.user_id == w)
            if away.substitute_id.active and away.substitute_id not in absent.user_id:
                return away.substitute_id
        # Ties go by the order of the list, so that the same facts give the same answer.
        return min(free, key=lambda user: (load[user], user.id), default=self.env["res.users"])

    def _get_absent(self, on_date):
        """Return the members of all teams who are away on ``on_date``."""
        members = self.env["kgw.team.member"].search(
            ["|", ("absent_from", "<=", on_date), ("user_id.active", "=", False)]
        )
        return members.filtered(lambda member: member._is_away(on_date))

    def _has_room(self, member, load):
        return not member.daily_limit or load[member.user_id] < member.daily_limit

    def _get_load(self, users, on_date):
        """Return how many calls each user has on ``on_date``: made, and waiting to be made."""
        load = Counter()
        waiting = self.env["kgw.reminder"]._read_group(
            self.env["kgw.reminder"]._get_day_domain(on_date) & Domain("agent_id", "in", users.ids),
            ["agent_id"],
            ["__count"],
        )
        made = self.env["kgw.event"]._read_group(
            [
                ("kind", "=", "call"),
                ("user_id", "in", users.ids),
                ("at", ">=", calendar.midnight(on_date)),
            ],
            ["user_id"],
            ["__count"],
        )
        for user, count in (*waiting, *made):
            load[user] += count
        return load

    def _get_last_agents(self, cases):
        """Return who last had a call of each case."""
        calls = self.env["kgw.reminder"].search(
            [
                ("case_id", "in", cases.ids),
                ("channel", "=", "phone"),
                ("agent_id", "!=", False),
            ],
            order="id",
        )
        return {call.case_id: call.agent_id for call in calls}

    @api.model
    def _cron_stand_in(self):
        self._stand_in(fields.Datetime.now())

    @api.model
    def _stand_in(self, now):
        """Pass on the calls of today of who is away; what was put on a later day waits for it."""
        today = calendar.local_date(now)
        absent = self._get_absent(today)
        for member in absent.filtered_domain([("absent_from", "<=", today)]):
            calls = self.env["kgw.reminder"]
            calls = calls.search(
                calls._get_day_domain(today)
                & Domain("agent_id", "=", member.user_id.id)
                & Domain("mandate_id.team_id", "=", member.team_id.id)
            )
            load = self._get_load(member.team_id.member_ids.user_id, today)
            for call in calls:
                agent = self._choose(call, None, load, absent)
                load[agent] += 1
                call._assign(agent, now)
