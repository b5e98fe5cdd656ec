import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { FormController } from "@web/views/form/form_controller";
import { formView } from "@web/views/form/form_view";
import { onMounted, onWillUnmount } from "@odoo/owl";

// An act on many cases goes on piece by piece while its page is open.
class KgwBulkFormController extends FormController {
    setup() {
        super.setup();
        this.orm = useService("orm");
        this.isOpen = true;
        onMounted(() => this.goOn());
        onWillUnmount(() => (this.isOpen = false));
    }

    async goOn() {
        const { resId, data } = this.model.root;
        let hasMore = resId && data.state === "running";
        while (hasMore && this.isOpen) {
            hasMore = await this.orm.call("kgw.bulk", "action_go_on", [resId]);
            if (this.isOpen) {
                await this.model.root.load();
            }
        }
    }
}

registry.category("views").add("kgw_bulk_form", {
    ...formView,
    Controller: KgwBulkFormController,
});
