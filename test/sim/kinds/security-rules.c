/* Checking and normalising security rules, for lists and for groups. */
#include "security-rules.h"

#include <errno.h>

#include "base/json.h"
#include "call.h"
#include "kinds.h"
#include "resource.h"
#include "services.h"
#include "store.h"

static const char *const list_end_types[] = { "CIDR_BLOCK", "SERVICE_CIDR_BLOCK", NULL };

static bool is_protocol(const char *value) {
        int64_t n;

        return streq(value, "all") || parse_i64(value, 0, 255, &n) >= 0;
}

static const Field range_fields[] = {
        { .name = "min", .type = FIELD_INT, .required = true, .min = 1, .max = 65535 },
        { .name = "max", .type = FIELD_INT, .required = true, .min = 1, .max = 65535 },
        {},
};

const Field port_options_fields[] = {
        { .name = "destinationPortRange", .type = FIELD_OBJECT, .fields = range_fields },
        { .name = "sourcePortRange", .type = FIELD_OBJECT, .fields = range_fields },
        {},
};

const Field icmp_options_fields[] = {
        { .name = "type", .type = FIELD_INT, .required = true, .min = 0, .max = 254 },
        { .name = "code", .type = FIELD_INT, .min = 0, .max = 16 },
        {},
};

#define COMMON_RULE_FIELDS                                                                        \
        { .name = "protocol", .type = FIELD_STRING, .required = true, .is_valid = is_protocol },  \
                { .name = "isStateless", .type = FIELD_BOOL },                                    \
                { .name = "tcpOptions", .type = FIELD_OBJECT, .fields = port_options_fields },    \
                { .name = "udpOptions", .type = FIELD_OBJECT, .fields = port_options_fields },    \
                { .name = "icmpOptions", .type = FIELD_OBJECT, .fields = icmp_options_fields }, { \
                .name = "description", .type = FIELD_STRING                                       \
        }

const Field ingress_rule_fields[] = {
        { .name = "source", .type = FIELD_STRING, .required = true },
        { .name = "sourceType", .type = FIELD_STRING, .words = list_end_types },
        COMMON_RULE_FIELDS,
        {},
};

const Field egress_rule_fields[] = {
        { .name = "destination", .type = FIELD_STRING, .required = true },
        { .name = "destinationType", .type = FIELD_STRING, .words = list_end_types },
        COMMON_RULE_FIELDS,
        {},
};

static int check_end(Call *c, const char *type, const char *value, const char *vcn_id) {
        Object *group;

        if (streq(type, "CIDR_BLOCK"))
                return is_cidr(value) ? 0
                                      : call_fail(c, 400, "InvalidParameter",
                                                  "'%s' is not a valid CIDR block.", value);
        if (streq(type, "SERVICE_CIDR_BLOCK"))
                return services_has_label(c->region, value)
                               ? 0
                               : call_fail(c, 400, "InvalidParameter", "'%s' is no service of this region.",
                                           value);
        group = store_get_kind(c->region, KIND_NETWORK_SECURITY_GROUP, value);
        if (!group || !object_is_live(group))
                return call_fail_option(c, "relatedMissing",
                                        "Authorization failed or requested resource not found: %s.", value);
        if (!streq_ptr(object_text(group, "vcnId"), vcn_id))
                return call_fail(c, 400, "InvalidParameter",
                                 "The network security group %s is in another VCN.", value);
        return 0;
}

static int check_options(Call *c, const cJSON *rule) {
        static const struct {
                const char *name, *protocol, *other;
        } options[] = { { "tcpOptions", "6", NULL },
                        { "udpOptions", "17", NULL },
                        { "icmpOptions", "1", "58" } };
        static const char *const ranges[] = { "destinationPortRange", "sourcePortRange" };
        const char *protocol = json_string(rule, "protocol");

        for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
                const cJSON *o = json_get(rule, options[i].name);

                if (o && !streq(protocol, options[i].protocol) && !streq_ptr(protocol, options[i].other))
                        return call_fail(c, 400, "InvalidParameter", "%s cannot be given with protocol %s.",
                                         options[i].name, protocol);
                for (size_t k = 0; k < ARRAY_SIZE(ranges); k++) {
                        const cJSON *range = json_get(o, ranges[k]);

                        if (json_number(range, "min", 0) > json_number(range, "max", 0))
                                return call_fail(c, 400, "InvalidParameter", "%s of %s has min above max.",
                                                 ranges[k], options[i].name);
                }
        }
        return 0;
}

int security_rule_complete(Call *c, cJSON *rule, const char *end, const char *vcn_id) {
        _cleanup_free_ char *type_name = xasprintf("%sType", end);
        const char *type = json_string(rule, type_name);
        int r;

        r = check_end(c, type ? type : "CIDR_BLOCK", json_string(rule, end), vcn_id);
        if (r < 0)
                return r;
        r = check_options(c, rule);
        if (r < 0)
                return r;
        if (!type)
                json_set_string(rule, type_name, "CIDR_BLOCK");
        if (!json_get(rule, "isStateless"))
                json_set(rule, "isStateless", cJSON_CreateFalse());
        return 0;
}

int security_rules_complete(Call *c, cJSON *body, const char *vcn_id) {
        static const struct {
                const char *name, *end, *limit;
        } arrays[] = { { "ingressSecurityRules", "source", "ingressRules" },
                       { "egressSecurityRules", "destination", "egressRules" } };
        int r;

        for (size_t i = 0; i < ARRAY_SIZE(arrays); i++) {
                cJSON *rules = json_get(body, arrays[i].name), *rule;

                if (resource_check_limit(c, arrays[i].limit, (size_t) cJSON_GetArraySize(rules)) < 0)
                        return -EBADMSG;
                cJSON_ArrayForEach (rule, rules) {
                        r = security_rule_complete(c, rule, arrays[i].end, vcn_id);
                        if (r < 0)
                                return r;
                }
        }
        return 0;
}

void security_rules_set_default(cJSON *body, const char *vcn_cidr) {
        _cleanup_free_ char *ingress = xasprintf(
                "[{\"protocol\":\"6\",\"source\":\"0.0.0.0/"
                "0\",\"sourceType\":\"CIDR_BLOCK\",\"isStateless\":false,"
                "\"tcpOptions\":{\"destinationPortRange\":{\"min\":22,\"max\":22}}},"
                "{\"protocol\":\"1\",\"source\":\"0.0.0.0/"
                "0\",\"sourceType\":\"CIDR_BLOCK\",\"isStateless\":false,"
                "\"icmpOptions\":{\"type\":3,\"code\":4}},"
                "{\"protocol\":\"1\",\"source\":\"%s\",\"sourceType\":\"CIDR_BLOCK\",\"isStateless\":false,"
                "\"icmpOptions\":{\"type\":3}}]",
                vcn_cidr);

        json_set(body, "ingressSecurityRules", cJSON_Parse(ingress));
        json_set(body, "egressSecurityRules",
                 cJSON_Parse("[{\"protocol\":\"all\",\"destination\":\"0.0.0.0/"
                             "0\",\"destinationType\":\"CIDR_BLOCK\","
                             "\"isStateless\":false}]"));
}
