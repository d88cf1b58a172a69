/* A security rule is known by all of it but its description. People write protocols by name and ports short; the API wants
 * numbers ("6"), options objects, and a type beside each address. */
#include "security-rule.h"

#include "model/resource.h"
#include "network/topology.h"

static const char *const address_types[] = { "CIDR_BLOCK", "SERVICE_CIDR_BLOCK", "NETWORK_SECURITY_GROUP",
                                             NULL };
static const char *const directions[] = { "INGRESS", "EGRESS", NULL };
static const char *const protocols[] = { "all", "tcp", "udp", "icmp", "icmpv6", NULL };

static const Field range_fields[] = {
        { .name = "min", .type = FIELD_INT, .flags = FIELD_REQUIRED, .min = 1, .max = 65535 },
        { .name = "max", .type = FIELD_INT, .flags = FIELD_REQUIRED, .min = 1, .max = 65535 },
        {},
};

static const Field port_fields[] = {
        { .name = "destinationPortRange", .type = FIELD_OBJECT, .fields = range_fields },
        { .name = "sourcePortRange", .type = FIELD_OBJECT, .fields = range_fields },
        {},
};

static const Field icmp_fields[] = {
        { .name = "type",
          .type = FIELD_INT,
          .flags = FIELD_REQUIRED,
          .min = 0,
          .max = 254,
          .doc = "the ICMP type, such as 3: destination unreachable" },
        { .name = "code",
          .type = FIELD_INT,
          .min = 0,
          .max = 16,
          .doc = "its code, such as 4: fragmentation needed; left out: all" },
        {},
};

/* Absent members compare equal to their fallbacks: null, {} and false are the service's ways to say "nothing". */
#define RULE_FIELDS                                                                                         \
        { .name = "protocol", .type = FIELD_STRING, .flags = FIELD_REQUIRED },                              \
                { .name = "source", .type = FIELD_STRING },                                                 \
                { .name = "sourceType",                                                                     \
                  .type = FIELD_ENUM,                                                                       \
                  .words = address_types,                                                                   \
                  .fallback = "\"CIDR_BLOCK\"" },                                                           \
                { .name = "destination", .type = FIELD_STRING },                                            \
                { .name = "destinationType",                                                                \
                  .type = FIELD_ENUM,                                                                       \
                  .words = address_types,                                                                   \
                  .fallback = "\"CIDR_BLOCK\"" },                                                           \
                { .name = "isStateless", .type = FIELD_BOOL, .fallback = "false" },                         \
                { .name = "tcpOptions", .type = FIELD_OBJECT, .fields = port_fields, .fallback = "{}" },    \
                { .name = "udpOptions", .type = FIELD_OBJECT, .fields = port_fields, .fallback = "{}" },    \
                { .name = "icmpOptions", .type = FIELD_OBJECT, .fields = icmp_fields, .fallback = "{}" }, { \
                .name = "description", .type = FIELD_STRING, .fallback = "\"\""                             \
        }

static const Field list_rule_fields[] = { RULE_FIELDS, {} };
static const Field group_rule_fields[] = {
        { .name = "direction", .type = FIELD_ENUM, .flags = FIELD_REQUIRED, .words = directions },
        RULE_FIELDS,
        {},
};

#define RULE_SPEC_FIELDS(extra)                                                                   \
        { .name = "protocol",                                                                     \
          .type = FIELD_ENUM,                                                                     \
          .flags = FIELD_REQUIRED | FIELD_OR_NUMBER,                                              \
          .words = protocols,                                                                     \
          .max = 255,                                                                             \
          .doc = "all, tcp, udp, icmp, icmpv6, or a protocol number" },                           \
                { .name = "source",                                                               \
                  .type = FIELD_CIDR,                                                             \
                  .flags = FIELD_NAMES_CIDRS | FIELD_NAMES_SERVICE | (extra),                     \
                  .ref_kind = "NetworkSecurityGroup",                                             \
                  .doc = "of an ingress rule: a CIDR, a Vcn or Subnet by name, or Service/all" }, \
                { .name = "destination",                                                          \
                  .type = FIELD_CIDR,                                                             \
                  .flags = FIELD_NAMES_CIDRS | FIELD_NAMES_SERVICE | (extra),                     \
                  .ref_kind = "NetworkSecurityGroup",                                             \
                  .doc = "of an egress rule: the same" },                                         \
                { .name = "ports",                                                                \
                  .type = FIELD_PORTS,                                                            \
                  .doc = "destination ports: [443, \"30000-32767\"]; left out: all" },            \
                { .name = "sourcePorts", .type = FIELD_PORTS, .doc = "source ports" },            \
                { .name = "icmp",                                                                 \
                  .type = FIELD_OBJECT,                                                           \
                  .fields = icmp_fields,                                                          \
                  .doc = "{type: 3, code: 4}; left out: all" },                                   \
                { .name = "stateless", .type = FIELD_BOOL, .doc = "left out: stateful" }, {       \
                .name = "description", .type = FIELD_STRING, .doc = "for people"                  \
        }

static const Field list_rule_spec_fields[] = { RULE_SPEC_FIELDS(0), {} };
static const Field group_rule_spec_fields[] = {
        { .name = "direction",
          .type = FIELD_ENUM,
          .flags = FIELD_REQUIRED,
          .words = directions,
          .doc = "INGRESS or EGRESS" },
        RULE_SPEC_FIELDS(FIELD_NAMES_REF),
        {},
};

static const struct {
        const char *word, *number, *options;
} protocol_numbers[] = {
        { "all", "all", NULL },         { "tcp", "6", "tcpOptions" },      { "udp", "17", "udpOptions" },
        { "icmp", "1", "icmpOptions" }, { "icmpv6", "58", "icmpOptions" },
};

static const char *protocol_word(const char *number) {
        for (size_t i = 0; i < ARRAY_SIZE(protocol_numbers); i++)
                if (streq_ptr(number, protocol_numbers[i].number))
                        return protocol_numbers[i].word;
        return number;
}

static const char *address_type(const cJSON *address) {
        if (symbol_ref(address))
                return "NETWORK_SECURITY_GROUP";
        return is_symbol(address) ? "SERVICE_CIDR_BLOCK" : "CIDR_BLOCK";
}

static void set_range(cJSON *rule, const char *options, const char *member, const cJSON *range) {
        _cleanup_free_ char *path = xasprintf("%s.%s", options, member);

        if (range)
                json_set_path(rule, path, json_copy(range));
}

/* One rule per pair of port ranges, since the API's rule has one range each. */
static void append_ranges(const cJSON *base, const char *options, const cJSON *ports,
                          const cJSON *source_ports, cJSON *ret) {
        const cJSON *to = ports ? ports->child : NULL;

        do {
                const cJSON *from = source_ports ? source_ports->child : NULL;

                do {
                        cJSON *rule = json_copy(base);

                        set_range(rule, options, "destinationPortRange", to);
                        set_range(rule, options, "sourcePortRange", from);
                        json_append(ret, rule);
                } while (from && (from = from->next));
        } while (to && (to = to->next));
}

static const char *security_rule_check(const char *options, const cJSON *written, bool ingress) {
        bool ports = json_get(written, "ports") || json_get(written, "sourcePorts");

        if (ports && !(options && !streq(options, "icmpOptions")))
                return "ports need protocol tcp or udp";
        if (json_get(written, "icmp") && !(options && streq(options, "icmpOptions")))
                return "icmp needs protocol icmp or icmpv6";
        if (ingress && !json_get(written, "source"))
                return "an ingress rule needs a source";
        if (ingress && json_get(written, "destination"))
                return "an ingress rule has a source, not a destination";
        if (!ingress && !json_get(written, "destination"))
                return "an egress rule needs a destination";
        if (!ingress && json_get(written, "source"))
                return "an egress rule has a destination, not a source";
        return NULL;
}

static const char *security_rule_expand(const cJSON *written, const Field *field, cJSON *ret) {
        const char *direction = json_string(written, "direction"),
                   *protocol = json_string(written, "protocol");
        bool ingress = direction ? streq(direction, "INGRESS") : startswith(field->name, "ingress") != NULL;
        const char *options = NULL, *number = protocol, *error, *side = ingress ? "source" : "destination";
        _cleanup_json_ cJSON *base = json_new_object();
        const cJSON *icmp = json_get(written, "icmp");

        for (size_t i = 0; i < ARRAY_SIZE(protocol_numbers); i++) {
                if (streq_ptr(protocol, protocol_numbers[i].word) ||
                    streq_ptr(protocol, protocol_numbers[i].number)) {
                        number = protocol_numbers[i].number;
                        options = protocol_numbers[i].options;
                }
        }
        error = security_rule_check(options, written, ingress);
        if (error)
                return error;
        json_set_string(base, "direction", direction);
        json_set_string(base, "protocol", number);
        json_set_copy(base, side, json_get(written, side));
        json_set_string(base, ingress ? "sourceType" : "destinationType",
                        address_type(json_get(written, side)));
        json_set_bool(base, "isStateless", json_bool(written, "stateless", false));
        json_set_copy(base, "description", json_get(written, "description"));
        json_set_copy(base, "$at", json_get(written, "$at"));
        if (icmp)
                json_set_copy(base, "icmpOptions", icmp);
        append_ranges(base, options, json_get(written, "ports"), json_get(written, "sourcePorts"), ret);
        return NULL;
}

static void describe_ports(Str *b, const cJSON *rule, const char *path, const char *prefix) {
        const cJSON *range = json_path(rule, path);
        int min = (int) json_number(range, "min", 0), max = (int) json_number(range, "max", 0);

        if (!range)
                return;
        if (min == max)
                str_addf(b, " %s%d", prefix, min);
        else
                str_addf(b, " %s%d-%d", prefix, min, max);
}

static char *security_rule_describe(const cJSON *rule) {
        const char *source = json_string(rule, "source"), *destination = json_string(rule, "destination");
        const cJSON *icmp = json_get(rule, "icmpOptions");
        const char *protocol = protocol_word(json_string(rule, "protocol"));
        Str b = {};

        str_addf(&b, "%s %s", source ? "ingress" : "egress", protocol ? protocol : "?");
        describe_ports(&b, rule, "tcpOptions.destinationPortRange", "");
        describe_ports(&b, rule, "udpOptions.destinationPortRange", "");
        describe_ports(&b, rule, "tcpOptions.sourcePortRange", "source ");
        describe_ports(&b, rule, "udpOptions.sourcePortRange", "source ");
        if (json_get(icmp, "type"))
                str_addf(&b, " type %d", (int) json_number(icmp, "type", 0));
        if (json_get(icmp, "code"))
                str_addf(&b, " code %d", (int) json_number(icmp, "code", 0));
        str_addf(&b, " %s %s", source ? "from" : "to", source ? source : destination ? destination : "?");
        if (json_bool(rule, "isStateless", false))
                str_add(&b, " stateless");
        return str_take(&b);
}

static const char *security_rule_risk(const cJSON *rule) {
        const char *source = json_string(rule, "source");

        if (source && (streq(source, "0.0.0.0/0") || streq(source, "::/0")))
                return "open to the world";
        return NULL;
}

/* The group that it names is gone. */
static bool group_rule_is_dead(const cJSON *rule) {
        return !json_bool(rule, "isValid", true);
}

static NetRange range_at(const cJSON *rule, const char *options, const char *member) {
        const cJSON *range = options ? json_get(json_get(rule, options), member) : NULL;

        if (!range)
                return NET_PORTS_ALL;
        return (NetRange){ (unsigned) json_number(range, "min", 0),
                           (unsigned) json_number(range, "max", 65535) };
}

static NetRule network_rule(const cJSON *rule, bool ingress) {
        const char *protocol = json_string(rule, "protocol"), *options = NULL;
        const char *peer = json_string(rule, ingress ? "source" : "destination");
        const cJSON *icmp = json_get(rule, "icmpOptions");
        NetRule r = { .ingress = ingress,
                      .stateless = json_bool(rule, "isStateless", false),
                      .protocol = NET_ALL,
                      .icmp_type = (int) json_number(icmp, "type", NET_ALL),
                      .icmp_code = (int) json_number(icmp, "code", NET_ALL) };
        int64_t number;

        if (protocol && parse_i64(protocol, 0, 255, &number) == 0)
                r.protocol = (int) number;
        for (size_t i = 0; i < ARRAY_SIZE(protocol_numbers); i++)
                if (streq_ptr(protocol, protocol_numbers[i].number))
                        options = protocol_numbers[i].options;
        r.ports = range_at(rule, options, "destinationPortRange");
        r.source_ports = range_at(rule, options, "sourcePortRange");
        if (!peer || cidr_parse(peer, &r.peer) < 0)
                r.named = xstrdup(peer ? peer : "");
        return r;
}

void security_rules_network(NetNode *n, const cJSON *body, const char *list) {
        const cJSON *rule;
        unsigned i = 0;

        cJSON_ArrayForEach (rule, json_get(body, list)) {
                const char *direction = json_string(rule, "direction");
                bool ingress = direction ? streq(direction, "INGRESS") : startswith(list, "ingress") != NULL;
                NetRule r = network_rule(rule, ingress);

                r.from = (NetOrigin){ list, i++ };
                array_push(n->rules, n->n_rules, r);
        }
}

static const SubCollection group_rules = {
        .list = "securityRules",
        .add = "addSecurityRules",
        .update = "updateSecurityRules",
        .remove = "removeSecurityRules",
        .add_member = "securityRules",
        .remove_member = "securityRuleIds",
        .max_per_call = 25,
};

const Rules security_list_rules = {
        .fields = list_rule_fields,
        .spec_fields = list_rule_spec_fields,
        .marked = true,
        .expand = security_rule_expand,
        .describe = security_rule_describe,
        .risk = security_rule_risk,
};

const Rules security_group_rules = {
        .fields = group_rule_fields,
        .spec_fields = group_rule_spec_fields,
        .marked = true,
        .sub = &group_rules,
        .expand = security_rule_expand,
        .describe = security_rule_describe,
        .risk = security_rule_risk,
        .is_dead = group_rule_is_dead,
};
