import { Component } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

const LOOKS = {
    missing: { icon: "fa-times-circle text-danger", label: _t("Missing") },
    warning: { icon: "fa-exclamation-triangle text-warning", label: _t("Take care") },
    ok: { icon: "fa-check-circle text-success", label: _t("In order") },
};

/** The readiness panel of a mandate: what is missing stands on top, what is in order is folded. */
export class KgwReadinessField extends Component {
    static template = "kgw_receivable_monitoring.ReadinessField";
    static props = { ...standardFieldProps };

    setup() {
        this.action = useService("action");
    }

    get lines() {
        return this.props.record.data[this.props.name] || [];
    }

    get open() {
        const missing = this.lines.filter((line) => line.level === "missing");
        return [...missing, ...this.lines.filter((line) => line.level === "warning")];
    }

    get done() {
        return this.lines.filter((line) => line.level === "ok");
    }

    look(line) {
        return LOOKS[line.level];
    }

    /** The place of the cure; the form saves itself when it is left. */
    goTo(line) {
        this.action.doAction(
            line.res_id
                ? {
                      type: "ir.actions.act_window",
                      res_model: line.model,
                      res_id: line.res_id,
                      views: [[false, "form"]],
                  }
                : "kgw_receivable_monitoring.action_kgw_settings"
        );
    }
}

registry.category("fields").add("kgw_readiness", {
    component: KgwReadinessField,
    supportedTypes: ["json"],
});
