/* The kinds by number: the index into what a region holds. */
#pragma once

typedef enum KindId {
        KIND_VCN,
        KIND_SUBNET,
        KIND_ROUTE_TABLE,
        KIND_SECURITY_LIST,
        KIND_NETWORK_SECURITY_GROUP,
        KIND_INTERNET_GATEWAY,
        KIND_NAT_GATEWAY,
        KIND_SERVICE_GATEWAY,
        KIND_DHCP_OPTIONS,
        KIND_DRG,
        KIND_DRG_ATTACHMENT,
        KIND_REMOTE_PEERING_CONNECTION,
        KIND_DRG_ROUTE_TABLE,
        KIND_DRG_ROUTE_DISTRIBUTION,
        KIND_WORK_REQUEST,
        KIND_INSTANCE,
        KIND_CLUSTER,
        KIND_NODE_POOL,
        KIND_ADDON,
        KIND_OKE_WORK_REQUEST,
        _KIND_MAX,
} KindId;
