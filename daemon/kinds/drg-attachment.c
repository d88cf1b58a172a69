/* DrgAttachment: of a VCN, made by us; or of a remote peering connection, made by OCI together with it, which can only be
 * updated. A list shows VCN attachments alone unless asked for all. */
#include "kinds.h"

#include "model/estate.h"
#include "network/topology.h"

static const LifeWord attachment_life[] = {
        { "ATTACHING", LIFE_COMING }, { "ATTACHED", LIFE_READY }, { "UPDATING", LIFE_CHANGING },
        { "DETACHING", LIFE_GOING },  { "DETACHED", LIFE_GONE },  {},
};

static const char *const network_types[] = { "VCN", "REMOTE_PEERING_CONNECTION", NULL };
static const char *const vcn_route_types[] = { "VCN_CIDRS", "SUBNET_CIDRS", NULL };

static const char *const attached_kinds[] = { "Vcn", "RemotePeeringConnection", NULL };

static const char other_region[] = "a DRG attaches VCNs of its own region only; two regions are joined by a "
                                   "RemotePeeringConnection on each DRG and a Peering";

static const Field network_fields[] = {
        { .name = "type",
          .type = FIELD_ENUM,
          .change = CHANGE_NEVER,
          .flags = FIELD_REQUIRED | FIELD_CASELESS,
          .words = network_types,
          .never_text = "an attachment is of one type for life",
          .doc = "VCN, or REMOTE_PEERING_CONNECTION for the attachment that OCI makes with an RPC" },
        { .name = "id",
          .type = FIELD_REF,
          .change = CHANGE_REPLACE,
          .flags = FIELD_REQUIRED,
          .ref_kinds = attached_kinds,
          .region_text = other_region,
          .doc = "Vcn/NAME or RemotePeeringConnection/NAME" },
        { .name = "routeTable",
          .api = "routeTableId",
          .type = FIELD_REF,
          .change = CHANGE_UPDATE,
          .ref_kind = "RouteTable",
          .doc = "the VCN's table for traffic that comes in through the DRG" },
        { .name = "vcnRouteType",
          .type = FIELD_ENUM,
          .change = CHANGE_UPDATE,
          .words = vcn_route_types,
          .doc = "which blocks the VCN announces" },
        {},
};

static const Field drg_attachment_fields[] = {
        { .name = "networkDetails",
          .type = FIELD_OBJECT,
          .change = CHANGE_UPDATE,
          .flags = FIELD_REQUIRED | FIELD_SEND_CHANGED,
          .fields = network_fields,
          .doc = "what is attached" },
        { .name = "drgRouteTable",
          .api = "drgRouteTableId",
          .type = FIELD_REF,
          .change = CHANGE_UPDATE,
          .flags = FIELD_DEFAULT_ROLE,
          .ref_kind = "DrgRouteTable",
          .doc = "where traffic from this attachment goes; left out: the DRG's default for its type" },
        { .name = "exportDrgRouteDistributionId",
          .type = FIELD_STRING,
          .change = CHANGE_UPDATE,
          .flags = FIELD_NOT_IN_SPEC | FIELD_PASS_THROUGH | FIELD_NOT_IN_CREATE },
        {},
};

/* OCI makes the attachment of an RPC, and takes no more for it than a name, tags and a DRG route table. */
static void lint_of_rpc(const Desired *d, const Field *f, LintReport report, void *userdata) {
        if (json_path(d->want, "networkDetails.routeTableId") ||
            json_path(d->want, "networkDetails.vcnRouteType"))
                report(userdata, d, f, true,
                       "routeTable and vcnRouteType go with type VCN: an attachment of an RPC has neither");
        if (d->pin)
                report(userdata, d, NULL, true,
                       "the attachment of an RPC is not pinned: its healing makes a new one");
}

/* The table for what comes in lies in the VCN that is attached. */
static void lint_entry_table(const Estate *e, const Desired *d, const Desired *vcn, const Field *f,
                             LintReport report, void *userdata) {
        const char *address = symbol_ref(json_path(d->want, "networkDetails.routeTableId"));
        const Desired *table = address ? estate_find(e, address) : NULL;

        if (table && table->parent != vcn) {
                _cleanup_free_ char *message = xasprintf("%s belongs to %s, not to %s", table->address,
                                                         table->parent->address, vcn->address);

                report(userdata, d, f, true, message);
        }
}

static void drg_attachment_lint(const Estate *e, const Desired *d, LintReport report, void *userdata) {
        const char *type = json_path_string(d->want, "networkDetails.type");
        const char *address = symbol_ref(json_path(d->want, "networkDetails.id"));
        const Desired *target = address ? estate_find(e, address) : NULL;
        const char *wanted = streq_ptr(type, "VCN") ? "Vcn" : "RemotePeeringConnection";
        const Field *f = kind_field(d->kind, "networkDetails");

        if (type && target && !streq(target->kind->name, wanted)) {
                _cleanup_free_ char *message = xasprintf("an attachment of type %s takes a %s, %s is a %s",
                                                         type, wanted, target->address, target->kind->name);

                report(userdata, d, f, true, message);
        }
        if (streq_ptr(type, "REMOTE_PEERING_CONNECTION"))
                lint_of_rpc(d, f, report, userdata);
        else if (target)
                lint_entry_table(e, d, target, f, report, userdata);
        for (size_t i = 0; target && i < d->index; i++) {
                const Desired *other = e->resources[i];
                const char *theirs = other->kind == d->kind
                                             ? symbol_ref(json_path(other->want, "networkDetails.id"))
                                             : NULL;

                if (other->parent != d->parent && streq_ptr(theirs, address)) {
                        _cleanup_free_ char *message = xasprintf("%s attaches it already: a VCN has one DRG",
                                                                 other->address);

                        report(userdata, d, f, true, message);
                        break;
                }
        }
}

static void drg_attachment_network(NetNode *n, const cJSON *body) {
        const cJSON *network = json_get(body, "networkDetails");

        n->type = NET_ATTACHMENT;
        n->announces_blocks = streq_ptr(json_string(network, "vcnRouteType"), "VCN_CIDRS");
        net_node_name(n, SLOT_PARENT, json_string(body, "drgId"));
        net_node_name(n, SLOT_NETWORK, json_string(network, "id"));
        net_node_name(n, SLOT_TABLE, json_string(body, "drgRouteTableId"));
        net_node_name(n, SLOT_ENTRY_TABLE, json_string(network, "routeTableId"));
}

/* The RPC's own attachment is OCI's to make: found by what it attaches. */
static const Role drg_attachment_roles[] = {
        { .key = "networkDetails.type",
          .value = "REMOTE_PEERING_CONNECTION",
          .own_path = "networkDetails.id" },
        {},
};
static const char *const drg_attachment_serialized[] = { "drgId", "networkDetails.id", "id", NULL };
static const char *const drg_attachment_unique[] = { "networkDetails.id", NULL };

const Kind kind_drg_attachment = {
        .name = "DrgAttachment",
        .section = "drgAttachments",
        .parent = "Drg",
        .ocid_type = "drgattachment",
        .path = "/20160918/drgAttachments",
        .list_query = "attachmentType=ALL",
        .parent_field = "drgId",
        .cli = "network drg-attachment",
        .cli_id = "--drg-attachment-id",
        .doc = "What a DRG is attached to",
        .service = SERVICE_CORE,
        .scope = SCOPE_COMPARTMENT,
        .cadence = CADENCE_LINK,
        .flags = KIND_NO_COMPARTMENT,
        .fields = drg_attachment_fields,
        .life = attachment_life,
        .roles = drg_attachment_roles,
        .serialized = drg_attachment_serialized,
        .unique = drg_attachment_unique,
        .lifecycle_field = "lifecycleState",
        .lint = drg_attachment_lint,
        .network = drg_attachment_network,
};
