/* The kinds, and the few doors between them. */
#pragma once

#include "kind.h"

extern const Kind vcn_kind, subnet_kind, route_table_kind, security_list_kind, network_security_group_kind,
        internet_gateway_kind, nat_gateway_kind, service_gateway_kind, dhcp_options_kind, drg_kind,
        drg_attachment_kind, remote_peering_connection_kind, drg_route_table_kind,
        drg_route_distribution_kind, work_request_kind, instance_kind, cluster_kind, node_pool_kind,
        addon_kind, oke_work_request_kind;
