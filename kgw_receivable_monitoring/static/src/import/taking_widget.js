import { Component, onWillUnmount, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

// What ended between the drawing of the form and its first listening is seen by one look.
const LOOK = 2500;

/** How far the taking of a large hand-over is: told by the bus; when it is over, the form reloads. */
export class KgwTakingWidget extends Component {
    static template = "kgw_receivable_monitoring.TakingWidget";
    static props = { ...standardWidgetProps };

    setup() {
        this.state = useState({ sentence: "", percent: 0 });
        const bus = useService("bus_service");
        const onTold = (message) => this.show(message);
        bus.subscribe("kgw_import", onTold);
        const timer = browser.setTimeout(() => this.reload(), LOOK);
        onWillUnmount(() => {
            bus.unsubscribe("kgw_import", onTold);
            browser.clearTimeout(timer);
        });
    }

    show({ id, sentence, done, total }) {
        if (id !== this.props.record.resId) {
            return;
        }
        if (!sentence) {
            this.reload();
            return;
        }
        this.state.sentence = sentence;
        this.state.percent = total ? Math.round((100 * done) / total) : 0;
    }

    reload() {
        return this.props.record.load();
    }
}

registry.category("view_widgets").add("kgw_taking", { component: KgwTakingWidget });
