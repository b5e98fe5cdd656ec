import { _t } from "@web/core/l10n/translation";
import { browser } from "@web/core/browser/browser";
import { deserializeDate } from "@web/core/l10n/dates";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { PromiseOffer } from "../promise/promise_days";
import { Component, onWillUnmount, useExternalListener, useState } from "@odoo/owl";

const KEYS_OFF = "kgw_desk_keys_off";
const PROMISES = ["will_pay", "will_pay_parts"];

/**
 * The outcomes of a call as buttons, each with its key. While nothing is being typed, the key of an
 * outcome chooses it; after a promise the next digit chooses its day, of one in parts first the
 * number of payments; Ctrl+Enter saves and opens the next call. The keys of single letters can be switched off (WCAG 2.1.4).
 */
export class OutcomesField extends Component {
    static template = "kgw_receivable_monitoring.OutcomesField";
    static components = { PromiseOffer };
    static props = { ...standardFieldProps };

    setup() {
        this.notification = useService("notification");
        this.state = useState({
            awaits: "", // what the next digit chooses of a promise: "count", then "day"
            hasKeys: !browser.localStorage.getItem(KEYS_OFF),
        });
        useExternalListener(window, "keydown", this.onKeydown.bind(this), { capture: true });
        const bus = useService("bus_service");
        const onChange = this.onCaseChange.bind(this);
        bus.subscribe("kgw_desk", onChange);
        onWillUnmount(() => bus.unsubscribe("kgw_desk", onChange));
    }

    get record() {
        return this.props.record;
    }

    get groups() {
        return this.record.data.outcome_table || [];
    }

    get offer() {
        return this.record.data.promise_offer || { counts: [], days: [] };
    }

    get outcome() {
        return this.record.data[this.props.name];
    }

    get isPromise() {
        return PROMISES.includes(this.outcome);
    }

    get isInParts() {
        return this.outcome === "will_pay_parts";
    }

    choose(code) {
        // At once: the next key may come before the record is updated.
        const awaitsDay = PROMISES.includes(code) ? "day" : "";
        this.state.awaits = code === "will_pay_parts" ? "count" : awaitsDay;
        return this.record.update({ [this.props.name]: code });
    }

    chooseCount(count) {
        this.onCount();
        return this.record.update({ part_count: count });
    }

    chooseDay(day) {
        this.onDay();
        return this.record.update({ promise_on: deserializeDate(day) });
    }

    onCount() {
        this.state.awaits = "day";
    }

    onDay() {
        this.state.awaits = "";
    }

    toggleKeys() {
        this.state.hasKeys = !this.state.hasKeys;
        if (this.state.hasKeys) {
            browser.localStorage.removeItem(KEYS_OFF);
        } else {
            browser.localStorage.setItem(KEYS_OFF, "1");
        }
    }

    onKeydown(ev) {
        if (ev.key === "Enter" && ev.ctrlKey) {
            ev.preventDefault();
            ev.stopPropagation();
            this.save();
        } else if (this.isForUs(ev) && this.press(ev.key.toLowerCase())) {
            ev.preventDefault();
            ev.stopPropagation();
        }
    }

    /** Nothing is typed, no letter with a modifier (ą, ć, … are AltGr), no dialogue is open. */
    isForUs(ev) {
        const isTyping = ev.target.closest("input, textarea, select, [contenteditable='true']");
        const hasModifier = ev.ctrlKey || ev.altKey || ev.metaKey || ev.getModifierState("AltGraph");
        const hasDialog = document.querySelector(".modal.show, .o_dialog .modal, .o_command_palette");
        return this.state.hasKeys && !isTyping && !hasModifier && !hasDialog;
    }

    /** Do what the key stands for; tell whether it stands for anything. */
    press(key) {
        if (this.pressForPromise(key)) {
            return true;
        }
        const outcome = this.groups
            .flatMap((group) => group.outcomes)
            .find((offered) => offered.key === key);
        if (outcome) {
            this.choose(outcome.code);
        }
        return Boolean(outcome);
    }

    /** Choose the number of payments, or the day, that the key stands for; tell whether it does. */
    pressForPromise(key) {
        const { counts, days } = this.offer;
        const count = this.state.awaits === "count" && counts.find((offered) => `${offered}` === key);
        const day = this.state.awaits === "day" && days.find((offered) => offered.key === key);
        if (count) {
            this.chooseCount(count);
        } else if (day) {
            this.chooseDay(day.day);
        }
        return Boolean(count || day);
    }

    save() {
        return this.env.onClickViewButton({
            clickParams: { type: "object", name: "action_save" },
            getResParams: () => ({
                resModel: this.record.resModel,
                resId: this.record.resId,
                resIds: this.record.resIds,
                context: this.record.context,
                evalContext: this.record.evalContext,
            }),
        });
    }

    /** A payment, a stop or a decision arrived: keep what is typed, and read the case again. */
    async onCaseChange({ desk_id: deskId }) {
        if (deskId !== this.record.resId) {
            return;
        }
        await this.record.save({ reload: false });
        await this.record.load();
        this.notification.add(_t("This case has just changed: look at the top of the page."), {
            type: "warning",
        });
    }
}

registry.category("fields").add("kgw_outcomes", {
    component: OutcomesField,
    supportedTypes: ["selection"],
    fieldDependencies: [
        { name: "outcome_table", type: "json" },
        { name: "promise_offer", type: "json" },
        { name: "promise_on", type: "date" },
        { name: "part_count", type: "integer" },
    ],
});
