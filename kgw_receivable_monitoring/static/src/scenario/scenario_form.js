import { Dialog } from "@web/core/dialog/dialog";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { X2ManyField, x2ManyField } from "@web/views/fields/x2many/x2many_field";
import { FormController } from "@web/views/form/form_controller";
import { formView } from "@web/views/form/form_view";
import { Component, markup, useEffect } from "@odoo/owl";

const FREE_DAY = ".kgw_timeline_add";

/** Adds a step on a day and opens it for typing. As what was typed, it is not dropped unsaid. */
async function addStep(list, day) {
    const step = await list.addNewRecord({ mode: "edit", position: "bottom" });
    await step.update({ offset_days: day, ...(day < 0 ? { rung: "information" } : {}) });
}

/** Return what a step that could not be saved lacks, in words. */
function sayMissing(step) {
    const missing = Object.keys(step.activeFields).filter((name) => step.isFieldInvalid(name));
    const labels = missing.map((name) => step.activeFields[name].string || step.fields[name].string);
    const { name, offset_days } = step.data;
    return _t("Step “%(name)s” on day %(day)s lacks: %(fields)s.", {
        name: name || "",
        day: `${offset_days > 0 ? "+" : ""}${offset_days}`,
        fields: labels.join(", "),
    });
}

/** The steps of a scenario: a new one is offered on the day after the last contact. */
class ScenarioStepsField extends X2ManyField {
    setup() {
        super.setup();
        this.addInLine = () => {
            const contacts = this.list.records.filter((step) => step.data.kind === "contact");
            const days = contacts.map((step) => step.data.offset_days);
            return addStep(this.list, Math.max(0, ...days) + 1);
        };
    }
}

registry.category("fields").add("kgw_scenario_steps", {
    ...x2ManyField,
    component: ScenarioStepsField,
});

/** Shows what saving a scenario or a step of it changes for running cases, and asks whether to go on. */
class ScenarioChangeDialog extends Component {
    static template = "kgw_receivable_monitoring.ScenarioChangeDialog";
    static components = { Dialog };
    static props = { effect: String, answer: Function, close: Function };

    get title() {
        return _t("What this means for running cases");
    }

    get effect() {
        return markup(this.props.effect);
    }

    answer(isWanted) {
        this.props.answer(isWanted);
        this.props.close();
    }
}

class ScenarioFormController extends FormController {
    setup() {
        super.setup();
        this.dialogs = useService("dialog");
        this.notifications = useService("notification");
        useEffect(
            (element) => {
                const handlers = {
                    click: (ev) => this.onFreeDayClick(ev),
                    keydown: (ev) => this.onFreeDayKey(ev),
                };
                for (const [name, handler] of Object.entries(handlers)) {
                    element?.addEventListener(name, handler);
                }
                return () => {
                    for (const [name, handler] of Object.entries(handlers)) {
                        element?.removeEventListener(name, handler);
                    }
                };
            },
            () => [this.rootRef.el]
        );
    }

    /** A click on a free day of the time line adds a step on that day. */
    async onFreeDayClick(ev) {
        const button = ev.target.closest(FREE_DAY);
        const steps = this.model.root.data.step_ids;
        if (!button || !steps || !(await steps.leaveEditMode({ canAbandon: false }))) {
            return;
        }
        this.rootRef.el.querySelector(".o_notebook a[name='steps']:not(.active)")?.click();
        await addStep(steps, Number(button.dataset.offset));
    }

    /** One free day is reached by Tab, the others from it by the arrow keys. */
    onFreeDayKey(ev) {
        const button = ev.target.closest(FREE_DAY);
        const step = { ArrowLeft: -1, ArrowRight: 1 }[ev.key];
        if (!button || !step) {
            return;
        }
        const days = [...button.parentElement.querySelectorAll(FREE_DAY)];
        const next = days[days.indexOf(button) + step];
        if (next) {
            ev.preventDefault();
            button.tabIndex = -1;
            next.tabIndex = 0;
            next.focus();
        }
    }

    /** Where saving was refused for steps that lack something, say which, and what. */
    async save(params) {
        const isSaved = await super.save(params);
        if (!isSaved) {
            for (const step of this.model.root.data.step_ids?.records || []) {
                if (Object.keys(step.activeFields).some((name) => step.isFieldInvalid(name))) {
                    this.notifications.add(sayMissing(step), { type: "danger" });
                }
            }
        }
        return isSaved;
    }

    async onWillSaveRecord(record, changes) {
        if (!record.resId || !Object.keys(changes).length) {
            return super.onWillSaveRecord(record, changes);
        }
        const effect = await this.orm.call(record.resModel, "action_preview_change", [
            [record.resId],
            changes,
        ]);
        return !effect || this.askAbout(effect);
    }

    askAbout(effect) {
        return new Promise((resolve) => {
            this.dialogs.add(
                ScenarioChangeDialog,
                { effect, answer: resolve },
                { onClose: () => resolve(false) }
            );
        });
    }
}

registry.category("views").add("kgw_scenario_form", {
    ...formView,
    Controller: ScenarioFormController,
});
