/* A small estate put together by hand, for what shows things: one VCN that is there, a route table that has lost a rule and waits
 * for approval, and a gateway that is missing. No engine, no cloud. */
#pragma once

#include "server/render.h"

#define HAND_NOW_REALTIME  (1770866000 * USEC_PER_SEC) /* 2026-02-12T03:13:20Z */
#define HAND_NOW_MONOTONIC (1000 * USEC_PER_SEC)

#define HAND_VCN      "primary/Vcn/primary-vcn"
#define HAND_TABLE    "primary/RouteTable/primary-private"
#define HAND_NAT      "primary/NatGateway/primary-nat"
#define HAND_TABLE_ID "ocid1.routetable.oc1.us-sanjose-1.aaaatable"

extern const char hand_spec[]; /* the YAML text */

typedef struct HandEstate {
        Estate *estate;
        World *world;
        Resource **resources;
        Resource *by_address;
        Context context;
        Plan plan;
        Budget budget;
        Words words;
        Action *disrupt; /* of HAND_TABLE; borrowed */
        Action *create;  /* of HAND_NAT; borrowed */
        View view;
} HandEstate;

void hand_estate_init(HandEstate *h);
void hand_estate_done(HandEstate *h);
