import { registry } from "@web/core/registry";
import {
    RemainingDaysField,
    remainingDaysField,
} from "@web/views/fields/remaining_days/remaining_days_field";

/** How far a day is, in words, and the day itself: who promises or answers by it is told a date. */
export class DayField extends RemainingDaysField {
    static template = "kgw_receivable_monitoring.DayField";

    /** In days also across months: “next month” may be tomorrow. */
    get diffString() {
        const value = this.props.record.data[this.props.name];
        return value ? value.toRelativeCalendar({ unit: "days" }) : "";
    }

    get isNear() {
        return this.diffDays !== null && Math.abs(this.diffDays) <= 99;
    }
}

registry.category("fields").add("kgw_day", { ...remainingDaysField, component: DayField });
