/* Only read: a VCN's own set, which subnets fall back on. */
#include "kinds.h"

const Kind dhcp_options_kind = {
        .id = KIND_DHCP_OPTIONS,
        .name = "DhcpOptions",
        .ocid_type = "dhcpoptions",
        .collection = "dhcps",
        .essential = { "compartmentId", "vcnId", "definedTags" },
        .scope = "compartmentId",
        .filters = { "vcnId", "displayName", "lifecycleState" },
        .sortable = true,
        .parents = { "vcnId" },
        .parent_kinds = { KIND_VCN },
};
