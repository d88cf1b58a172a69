/* What the kinds of OKE share. Clusters, node pools and add-ons are made by work requests: a create answers 202 without a body. */
#pragma once

#include "model/estate.h"

/* CREATING, ACTIVE, UPDATING, DELETING, DELETED, FAILED. What says NEEDS_ATTENTION is there and can be written to, so it is judged
 * as what is ACTIVE is, and oke_next_step() tells what it lacks; an INACTIVE pool stands still. */
extern const LifeWord life_oke[];
void oke_next_step(const Context *c, const Resource *r, Assessment *a);

#define OKE_VERSION_PATTERN "^v[0-9]+[.][0-9]+[.][0-9]+$"
#define OKE_VERSION_TEXT    "a version such as v1.34.1"

extern const char *const cni_types[];
#define CNI_FLANNEL "FLANNEL_OVERLAY"
#define CNI_NATIVE  "OCI_VCN_IP_NATIVE"
#define CNI_NEVER                                                                                          \
        "the pod network is chosen when a cluster is made, and pods on an overlay cannot be reached from " \
        "the other region"
#define MAKE_IT_AGAIN "; to have it deleted and made again, say `policy: {replace: approve}` at it"

/* cluster-lint.c, node-pool-lint.c */
void cluster_lint(const Estate *e, const Desired *d, LintReport report, void *userdata);
void node_pool_lint(const Estate *e, const Desired *d, LintReport report, void *userdata);

/* cluster.c: what its pools and add-ons ask. */
const char *cluster_cni(const Desired *cluster); /* what it is, or comes to when the spec leaves it out */
bool cluster_is_enhanced(const Desired *cluster);

/* oke.c. What we created ourselves, is FAILED and carries nothing, as the caller has seen: heal, by deleting it. */
void oke_make_anew(const Resource *r, Assessment *a, const char *reason);

/* cluster-upgrade.c */
void cluster_next_step(const Context *c, const Resource *r, Assessment *a);
void cluster_when_failed(const Context *c, const Resource *r, Assessment *a);
/* The next version on the way from one to another, out of those that OKE offers (an array of texts); borrowed, NULL: there is none. */
const char *cluster_next_version(const char *there, const char *wanted, const cJSON *offered);

/* node-pool-nodes.c */
void node_pool_next_step(const Context *c, const Resource *r, Assessment *a);
void node_pool_when_failed(const Context *c, const Resource *r, Assessment *a);
Parts node_pool_parts(const Observed *o);
bool node_pool_in_transition(const Observed *o);

/* A finding of one lint: what stays the same from finding to finding. */
typedef struct Finding {
        const Estate *estate;
        const Desired *desired;
        LintReport report;
        void *userdata;
} Finding;

/* oke-lint.c. 'path' is the field where it is shown. */
void finding_error(const Finding *l, const char *path, const char *format, ...) _printf_(3, 4);
void finding_warning(const Finding *l, const char *path, const char *format, ...) _printf_(3, 4);
/* The resource that a {"$ref"} names; NULL for an OCID, which nothing is known of. */
const Desired *finding_target(const Finding *l, const cJSON *reference);
/* 'refs', one reference or an array of them, name what lies in that VCN; what does not is an error. 'vcn' is a reference, too. */
void finding_check_vcn(const Finding *l, const char *path, const cJSON *vcn, const cJSON *refs);
