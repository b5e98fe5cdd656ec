import { deserializeDate } from "@web/core/l10n/dates";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { DateTimeField } from "@web/views/fields/datetime/datetime_field";
import { Component } from "@odoo/owl";

/** The days and numbers of payments that are offered where a promise is taken down, as buttons. */
export class PromiseOffer extends Component {
    static template = "kgw_receivable_monitoring.PromiseOffer";
    static props = {
        record: Object,
        day: String, // name of the field of the first day
        hasCounts: Boolean,
        hasOne: { type: Boolean, optional: true }, // whether a single payment is offered too
        hasCountKeys: { type: Boolean, optional: true },
        hasKeys: { type: Boolean, optional: true },
        onCount: { type: Function, optional: true },
        onDay: { type: Function, optional: true },
    };

    get offer() {
        return this.props.record.data.promise_offer || { counts: [], days: [] };
    }

    get counts() {
        return this.props.hasOne ? [1, ...this.offer.counts] : this.offer.counts;
    }

    get chosenDay() {
        const day = this.props.record.data[this.props.day];
        return day && day.toISODate();
    }

    chooseCount(count) {
        this.props.onCount?.();
        return this.props.record.update({ part_count: count });
    }

    chooseDay(day) {
        this.props.onDay?.();
        return this.props.record.update({ [this.props.day]: deserializeDate(day) });
    }
}

/** A date with the offer below it. */
export class PromiseDaysField extends Component {
    static template = "kgw_receivable_monitoring.PromiseDaysField";
    static components = { DateTimeField, PromiseOffer };
    static props = { ...standardFieldProps };
}

registry.category("fields").add("kgw_promise_days", {
    component: PromiseDaysField,
    supportedTypes: ["date"],
    fieldDependencies: [
        { name: "promise_offer", type: "json" },
        { name: "part_count", type: "integer" },
    ],
});
