/* The descriptors that registry.c lists, one file each. */
#pragma once

#include "model/kind.h"

extern const Kind kind_addon;
extern const Kind kind_availability_domain;
extern const Kind kind_cluster;
extern const Kind kind_drg;
extern const Kind kind_drg_attachment;
extern const Kind kind_drg_route_distribution;
extern const Kind kind_drg_route_table;
extern const Kind kind_instance;
extern const Kind kind_internet_gateway;
extern const Kind kind_nat_gateway;
extern const Kind kind_network_security_group;
extern const Kind kind_node_image;
extern const Kind kind_node_pool;
extern const Kind kind_peering;
extern const Kind kind_remote_peering_connection;
extern const Kind kind_route_table;
extern const Kind kind_security_list;
extern const Kind kind_service;
extern const Kind kind_service_gateway;
extern const Kind kind_subnet;
extern const Kind kind_vcn;
extern const Kind kind_work_request;

/* The lifecycle of everything in the virtual network but attachments: PROVISIONING, AVAILABLE, UPDATING, TERMINATING, TERMINATED. */
extern const LifeWord life_network[];

/* A VCN's gateway to anything but a DRG: what a packet sees of it is that it is one. */
void gateway_network(NetNode *n, const cJSON *body);
