/* All kinds, parents before children: the one place that names them. */
#include "kinds.h"

const Kind *const kinds[] = {
        &kind_service,
        &kind_availability_domain,
        &kind_vcn,
        &kind_internet_gateway,
        &kind_nat_gateway,
        &kind_service_gateway,
        &kind_route_table,
        &kind_security_list,
        &kind_network_security_group,
        &kind_subnet,
        &kind_drg,
        &kind_drg_route_table,
        &kind_drg_route_distribution,
        &kind_drg_attachment,
        &kind_remote_peering_connection,
        &kind_node_image,
        &kind_work_request,
        &kind_instance,
        &kind_cluster,
        &kind_node_pool,
        &kind_addon,
        &kind_peering,
        NULL,
};
