/* The simulated kinds by name, path and OCID type. */
#include "kind.h"

#include "kinds/kinds.h"

static const Kind *const kind_table[_KIND_MAX] = {
        [KIND_VCN] = &vcn_kind,
        [KIND_SUBNET] = &subnet_kind,
        [KIND_ROUTE_TABLE] = &route_table_kind,
        [KIND_SECURITY_LIST] = &security_list_kind,
        [KIND_NETWORK_SECURITY_GROUP] = &network_security_group_kind,
        [KIND_INTERNET_GATEWAY] = &internet_gateway_kind,
        [KIND_NAT_GATEWAY] = &nat_gateway_kind,
        [KIND_SERVICE_GATEWAY] = &service_gateway_kind,
        [KIND_DHCP_OPTIONS] = &dhcp_options_kind,
        [KIND_DRG] = &drg_kind,
        [KIND_DRG_ATTACHMENT] = &drg_attachment_kind,
        [KIND_REMOTE_PEERING_CONNECTION] = &remote_peering_connection_kind,
        [KIND_DRG_ROUTE_TABLE] = &drg_route_table_kind,
        [KIND_DRG_ROUTE_DISTRIBUTION] = &drg_route_distribution_kind,
        [KIND_WORK_REQUEST] = &work_request_kind,
        [KIND_INSTANCE] = &instance_kind,
        [KIND_CLUSTER] = &cluster_kind,
        [KIND_NODE_POOL] = &node_pool_kind,
        [KIND_ADDON] = &addon_kind,
        [KIND_OKE_WORK_REQUEST] = &oke_work_request_kind,
};

const Kind *kind_get(KindId id) {
        return ASSERT_PTR(kind_table[id]);
}

const Kind *kind_by_name(const char *name) {
        for (size_t i = 0; i < _KIND_MAX; i++)
                if (streq_ptr(kind_table[i]->name, name))
                        return kind_table[i];
        return NULL;
}

const Kind *kind_by_collection(const char *service, const char *collection) {
        for (size_t i = 0; i < _KIND_MAX; i++)
                if (streq_ptr(kind_table[i]->collection, collection) &&
                    streq(kind_service(kind_table[i]), service))
                        return kind_table[i];
        return NULL;
}
