import { Dialog } from "@web/core/dialog/dialog";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { FormController } from "@web/views/form/form_controller";
import { formView } from "@web/views/form/form_view";
import { Component, markup } from "@odoo/owl";

/** Shows what saving a scenario or a step of it changes for running cases, and asks whether to go on. */
class ScenarioChangeDialog extends Component {
    static template = "kgw_receivable_monitoring.ScenarioChangeDialog";
    static components = { Dialog };
    static props = { effect: String, answer: Function, close: Function };

    get title() {
        return _t("Running cases change");
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
