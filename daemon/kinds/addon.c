/* Addon: a part of the cluster that OKE installs and keeps. It has no OCID and no tags: it is known by its name in its cluster, so
 * one that is not declared is nobody's and is left alone. */
#include "kinds.h"
#include "model/estate.h"
#include "model/resource.h"
#include "oke.h"

static const Field configuration_fields[] = {
        { .name = "key", .type = FIELD_STRING, .flags = FIELD_REQUIRED, .doc = "what is set" },
        { .name = "value",
          .type = FIELD_STRING,
          .flags = FIELD_REQUIRED,
          .min = 0,
          .max = 8191,
          .doc = "its value, quoted: often a number or JSON in a text" },
        {},
};

static const Field addon_fields[] = {
        { .name = "displayName",
          .api = "name",
          .type = FIELD_STRING,
          .change = CHANGE_NEVER,
          .never_text = "an add-on is known by its name; declare another one",
          .doc = "the add-on's own name, such as CoreDNS; left out: the tandem name" },
        { .name = "version",
          .type = FIELD_STRING,
          .change = CHANGE_UPDATE,
          .flags = FIELD_SEND_CHANGED,
          .pattern = "^v[0-9].*$",
          .pattern_text = "a version such as v1.11.1",
          .doc = "left out: OKE keeps it up to date" },
        { .name = "configurations",
          .type = FIELD_OBJECTS,
          .change = CHANGE_UPDATE,
          .flags = FIELD_SEND_CHANGED,
          .fallback = "[]",
          .max = 64,
          .fields = configuration_fields,
          .doc = "settings of the add-on" },
        {},
};

static void addon_lint(const Estate *e, const Desired *d, LintReport report, void *userdata) {
        (void) e;
        if (!cluster_is_enhanced(d->parent))
                report(userdata, d, NULL, true,
                       "add-ons are managed in a cluster of type ENHANCED_CLUSTER, and this is a basic one");
}

/* What it did to the cluster is not known: it is not taken out of it for that. */
static void addon_when_failed(const Context *c, const Resource *r, Assessment *a) {
        const char *why = json_path_string(r->observed->body, "addonError.message");

        (void) c;
        assessment_set(a, VERDICT_BLOCKED, "failed",
                       "installing it FAILED: %s; disable it at the cluster to have it installed anew",
                       why ? why : "OKE does not say why");
}

static const char *const addon_serialized[] = { "clusterId", "id", NULL };

const Kind kind_addon = {
        .name = "Addon",
        .section = "addons",
        .parent = "Cluster",
        .ocid_type = "addon",
        .path = "/20180222/clusters",
        .parent_field = "clusterId",
        .below = "addons",
        .delete_query = "isRemoveExistingAddOn=true",
        .name_field = "name",
        .create_name = "addonName",
        .doc = "An add-on of a cluster that OKE installs and keeps",
        .service = SERVICE_CONTAINER_ENGINE,
        .scope = SCOPE_PARENT,
        .cadence = CADENCE_SLOW,
        .flags = KIND_NO_TAGS | KIND_NO_COMPARTMENT | KIND_NO_CREATE_BODY | KIND_DIES_WITH_PARENT,
        .fields = addon_fields,
        .life = life_oke,
        .serialized = addon_serialized,
        .lifecycle_field = "lifecycleState",
        .next_step = oke_next_step,
        .when_failed = addon_when_failed,
        .lint = addon_lint,
};
