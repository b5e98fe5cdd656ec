import { Component, onWillUnmount, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { session } from "@web/session";

// Nothing while all is in order; amber for warnings, red for alarms. The state comes with the page
// and then over the bus, only when it changes.
export class KgwHealthMenu extends Component {
    static template = "kgw_receivable_monitoring.HealthMenu";
    static props = {};

    setup() {
        this.action = useService("action");
        this.health = session.kgw_health;
        this.state = useState({ alarms: this.health.alarms });
        const bus = useService("bus_service");
        const onChange = ({ alarms }) => {
            this.state.alarms = alarms;
        };
        bus.subscribe("kgw_health", onChange);
        onWillUnmount(() => bus.unsubscribe("kgw_health", onChange));
    }

    get isAlarm() {
        return this.state.alarms.some((alarm) => alarm.level === "alarm");
    }

    get shown() {
        const level = this.isAlarm ? "alarm" : "warning";
        return this.state.alarms.filter((alarm) => alarm.level === level);
    }

    get title() {
        return this.shown.map((alarm) => this.health.titles[alarm.code]).join("\n");
    }

    open() {
        if (this.health.can_open) {
            this.action.doAction("kgw_receivable_monitoring.action_kgw_health", {
                clearBreadcrumbs: true,
            });
        }
    }
}

if (session.kgw_health) {
    registry
        .category("systray")
        .add("kgw_receivable_monitoring.health", { Component: KgwHealthMenu }, { sequence: 45 });
}
