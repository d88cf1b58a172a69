/* The kinds' tables: whole in themselves, and equal in the sense in which the service means equal. */
#include "fixture.h"

typedef void (*Visit)(const Kind *k, const Field *f);

static void walk_fields(const Kind *k, const Field *fields, Visit visit) {
        for (const Field *f = fields; f && f->name; f++) {
                visit(k, f);
                walk_fields(k, f->fields, visit);
                if (f->rules) {
                        walk_fields(k, f->rules->fields, visit);
                        walk_fields(k, f->rules->spec_fields, visit);
                }
        }
}

static void walk(Visit visit) {
        for (size_t i = 0; kinds[i]; i++) {
                walk_fields(kinds[i], kinds[i]->fields, visit);
                if (kind_field_first(kinds[i]) == kind_common_fields)
                        walk_fields(kinds[i], kind_common_fields, visit);
        }
}

static void assert_parses(const Kind *k, const Field *f, const char *text) {
        _cleanup_json_ cJSON *v = NULL;

        if (text && json_parse(text, strlen(text), &v, NULL) < 0)
                fail_msg("%s.%s: no JSON: %s", k->name, f->name, text);
}

static void visit_json(const Kind *k, const Field *f) {
        assert_parses(k, f, f->fallback);
        assert_parses(k, f, f->takes_away);
        if (f->takes_away && !streq(f->takes_away, "true") && !streq(f->takes_away, "false"))
                fail_msg("%s.%s: takes_away is compared as text", k->name, f->name);
        if ((f->flags & FIELD_SEND_ALWAYS) && !f->fallback)
                fail_msg("%s.%s is always sent and has no fallback", k->name, f->name);
        if ((f->flags & FIELD_EMPTY_IS_FALLBACK) && !f->fallback)
                fail_msg("%s.%s: empty means a fallback that it lacks", k->name, f->name);
}

static void test_json_in_tables(void **state) {
        walk(visit_json);
}

static void visit_types(const Kind *k, const Field *f) {
        bool reference = f->type == FIELD_REF || f->type == FIELD_REFS || f->type == FIELD_LOOKUP ||
                         f->type == FIELD_LOOKUPS;

        if (f->ref_kind && !kind_find(f->ref_kind))
                fail_msg("%s.%s names a %s", k->name, f->name, f->ref_kind);
        for (const char *const *name = f->ref_kinds; name && *name; name++)
                if (!kind_find(*name))
                        fail_msg("%s.%s names a %s", k->name, f->name, *name);
        if (reference && !f->ref_kind && !f->ref_kinds)
                fail_msg("%s.%s refers to nothing", k->name, f->name);
        if ((f->type == FIELD_LOOKUP || f->type == FIELD_LOOKUPS) &&
            (!f->lookup_member || !(kind_find(f->ref_kind)->flags & KIND_LOOKUP)))
                fail_msg("%s.%s looks up nothing", k->name, f->name);
        if (f->type == FIELD_ENUM && (!f->words || !f->words[0]))
                fail_msg("%s.%s has no words", k->name, f->name);
        if ((f->type == FIELD_OBJECT || f->type == FIELD_OBJECTS) && !f->fields)
                fail_msg("%s.%s has no fields", k->name, f->name);
        if ((f->type == FIELD_RULES) != !!f->rules)
                fail_msg("%s.%s: rules and their type go together", k->name, f->name);
        if (f->rules && f->rules->sub && f->change != CHANGE_ACTION && !(k->flags & KIND_LOOKUP))
                fail_msg("%s.%s: rules outside the object change by actions", k->name, f->name);
        if (f->pattern && !f->pattern_text)
                fail_msg("%s.%s: a pattern says nothing to people", k->name, f->name);
        if (f->type == FIELD_DURATION && !f->pattern_text)
                fail_msg("%s.%s: which durations?", k->name, f->name);
        if ((f->type == FIELD_DURATION || f->type == FIELD_NUMBER) && f->max <= f->min &&
            !(f->flags & FIELD_NOT_IN_SPEC))
                fail_msg("%s.%s takes nothing", k->name, f->name);
        if (f->object_action && (f->type != FIELD_OBJECT || f->change != CHANGE_ACTION))
                fail_msg("%s.%s: an object's action and its type go together", k->name, f->name);
        if ((f->flags & FIELD_REPLACE_IF_ASKED) && f->change != CHANGE_NEVER)
                fail_msg("%s.%s changes without being asked", k->name, f->name);
        if ((f->flags & FIELD_ONLY_RISES) && !f->never_text)
                fail_msg("%s.%s does not sink: what can a person do?", k->name, f->name);
        if (f->change == CHANGE_NEVER && !(k->flags & KIND_NOT_CLOUD) && !f->never_text)
                fail_msg("%s.%s: what can a person do?", k->name, f->name);
}

static void test_types(void **state) {
        walk(visit_types);
}

static bool has_field(const Kind *k, const char *path) {
        _cleanup_free_ char *first = xstrndup(path, strcspn(path, "."));

        if (streq(first, "id") || streq_ptr(first, k->parent_field))
                return true;
        for (const Field *f = kind_field_first(k); f; f = kind_field_next(k, f))
                if (streq(field_api(f), first))
                        return true;
        return false;
}

static void test_kinds(void **state) {
        for (size_t i = 0; kinds[i]; i++) {
                const Kind *k = kinds[i], *parent = k->parent ? kind_find(k->parent) : NULL;

                assert_ptr_equal(kind_find(k->name), k);
                assert_int_equal(kind_order(k), i);
                assert_non_null(k->doc);
                if (k->parent && (!parent || kind_order(parent) >= i))
                        fail_msg("%s comes before its parent", k->name);
                if (k->section)
                        assert_ptr_equal(kind_of_section(k->parent, k->section), k);
                if (k->flags & KIND_NOT_CLOUD) {
                        assert_non_null(k->next_step);
                        assert_non_null(k->link_state);
                        continue;
                }
                assert_ptr_equal(kind_of_ocid_type(k->ocid_type), k);
                assert_true(startswith(k->path, k->service == SERVICE_CONTAINER_ENGINE ? "/20180222/"
                                                                                       : "/20160918/"));
                if (k->flags & (KIND_WORK | KIND_BY_ID)) {
                        assert_true(k->flags & KIND_LOOKUP); /* nothing that a spec declares */
                        continue;
                }
                if (k->flags & KIND_LOOKUP) {
                        assert_true(!k->lookup_matches != !k->lookup_pick);
                        assert_non_null(k->lookup_keys);
                        continue;
                }
                assert_true(k->below || (k->cli && k->cli_id));
                assert_non_null(k->life);
                assert_non_null(k->lifecycle_field);
                assert_int_equal(!k->parent, !k->parent_field);
                assert_true(k->scope == SCOPE_COMPARTMENT || (k->scope == SCOPE_PARENT && k->parent_field));
                assert_true(strv_contains((char *const *) k->serialized, "id"));
                for (const char *const *path = k->serialized; *path; path++)
                        if (!has_field(k, *path))
                                fail_msg("%s is serialised under its %s", k->name, *path);
                for (const char *const *path = k->unique; path && *path; path++)
                        if (!has_field(k, *path))
                                fail_msg("%s is unique by its %s", k->name, *path);
        }
        assert_int_equal(kind_count(), 22);
        assert_null(kind_find("Drgs"));
}

static void test_roles(void **state) {
        for (size_t i = 0; kinds[i]; i++)
                for (const Role *role = kinds[i]->roles; role && role->key; role++) {
                        const Kind *k = kinds[i];

                        assert_int_equal(!role->pointer, !!role->own_path);
                        assert_true(has_field(k, role->key));
                        if (role->own_path)
                                assert_true(has_field(k, role->own_path));
                        if (role->holder_kind)
                                assert_true(has_field(kind_find(role->holder_kind), role->pointer));
                        if (role->in_parent_want)
                                assert_true(has_field(kind_find(k->parent), role->pointer));
                }
}

/* A member that a PUT must not carry is one that comes before. */
static void test_not_with(void **state) {
        for (size_t i = 0; kinds[i]; i++)
                for (const Field *f = kind_field_first(kinds[i]); f; f = kind_field_next(kinds[i], f)) {
                        const Field *g = kind_field_first(kinds[i]);

                        while (f->not_with && g != f && !streq(field_api(g), f->not_with))
                                g = kind_field_next(kinds[i], g);
                        if (f->not_with && g == f)
                                fail_msg("%s.%s: no %s before it", kinds[i]->name, f->name, f->not_with);
                }
}

static void test_field_paths(void **state) {
        const Kind *k = kind_find("Cluster");

        assert_ptr_equal(kind_field_path(k, "vcn"), kind_field(k, "vcn"));
        assert_string_equal(kind_field_path(k, "options.kubernetesNetworkConfig.podsCidr")->name,
                            "podsCidr");
        assert_string_equal(kind_field_path(k, "clusterPodNetworkOptions.cniType")->name, "cniType");
        assert_null(kind_field_path(k, "options.podsCidr"));
        assert_null(kind_field_path(k, "vcn.id"));
        assert_null(kind_field_path(k, "endpointConfig."));
        assert_null(kind_field_path(k, ""));
        assert_string_equal(field_api(kind_field(k, "displayName")), "name");
        assert_string_equal(field_api(kind_field(kind_find("Vcn"), "displayName")), "displayName");
        assert_null(kind_field(kind_find("Addon"), "freeformTags"));
}

static void test_names_are_unique(void **state) {
        for (size_t i = 0; kinds[i]; i++)
                for (const Field *f = kind_field_first(kinds[i]); f; f = kind_field_next(kinds[i], f)) {
                        assert_ptr_equal(kind_field(kinds[i], f->name), f);
                        for (const Field *g = kind_field_first(kinds[i]); g != f;
                             g = kind_field_next(kinds[i], g))
                                assert_string_not_equal(field_api(f), field_api(g));
                }
}

static void test_rules_tables(void **state) {
        for (size_t i = 0; kinds[i]; i++)
                for (const Field *f = kind_field_first(kinds[i]); f; f = kind_field_next(kinds[i], f)) {
                        const Rules *rules = f->rules;
                        const SubCollection *sub = rules ? rules->sub : NULL;

                        if (!rules || kinds[i]->flags & KIND_LOOKUP)
                                continue;
                        assert_non_null(rules->expand);
                        assert_non_null(rules->describe);
                        if (sub)
                                assert_true(sub->list && sub->add && sub->update && sub->remove &&
                                            sub->add_member && sub->remove_member && sub->max_per_call > 0);
                        for (const char *const *name = rules->key; name && *name; name++) {
                                const Field *g = rules->fields;

                                while (g->name && !streq(field_api(g), *name))
                                        g++;
                                if (!g->name)
                                        fail_msg("%s.%s: no member %s to tell rules apart", kinds[i]->name,
                                                 f->name, *name);
                        }
                }
}

static void test_lifecycles(void **state) {
        static const struct {
                const char *kind, *word;
                Life life;
        } cases[] = {
                { "Vcn", "PROVISIONING", LIFE_COMING },
                { "Vcn", "AVAILABLE", LIFE_READY },
                { "Vcn", "UPDATING", LIFE_CHANGING },
                { "Subnet", "TERMINATING", LIFE_GOING },
                { "Subnet", "TERMINATED", LIFE_GONE },
                { "Drg", "MELTING", LIFE_UNKNOWN },
                { "DrgAttachment", "ATTACHING", LIFE_COMING },
                { "DrgAttachment", "ATTACHED", LIFE_READY },
                { "DrgAttachment", "DETACHING", LIFE_GOING },
                { "DrgAttachment", "DETACHED", LIFE_GONE },
                { "DrgAttachment", "AVAILABLE", LIFE_UNKNOWN },
                { "Drg", NULL, LIFE_UNKNOWN },
                { "Service", NULL, LIFE_READY },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_json_ cJSON *body = json_new_object();

                json_set_string(body, "lifecycleState", cases[i].word);
                assert_int_equal(kind_life(kind_find(cases[i].kind), body), cases[i].life);
        }
}

static void test_words(void **state) {
        for (int v = 0; v < _VERB_MAX; v++)
                assert_int_equal(verb_from_string(verb_to_string(v)), v);
        for (int v = 0; v <= GATE_NEVER; v++)
                assert_int_equal(gate_from_string(gate_to_string(v)), v);
        for (int v = 0; v <= MODE_ENFORCE; v++)
                assert_int_equal(mode_from_string(mode_to_string(v)), v);
        for (int v = 0; v <= VERDICT_UNKNOWN; v++)
                assert_int_equal(verdict_from_string(verdict_to_string(v)), v);
        for (int v = 0; v <= LIFE_UNKNOWN; v++)
                assert_int_equal(life_from_string(life_to_string(v)), v);
        for (int v = 0; v <= IDENTITY_NAME; v++)
                assert_int_equal(identity_from_string(identity_to_string(v)), v);
        assert_int_equal(verb_from_string("destroy"), _VERB_INVALID);
        assert_int_equal(verdict_from_string(NULL), _VERDICT_INVALID);
}

static void test_ranks(void **state) {
        static const Verdict order[][3] = {
                { VERDICT_IN_SYNC, VERDICT_FOREIGN, VERDICT_IN_SYNC },
                { VERDICT_PROGRESSING, VERDICT_WAITING, VERDICT_PROGRESSING },
                { VERDICT_DRIFTED, VERDICT_MISSING, VERDICT_ORPHANED },
                { VERDICT_PAUSED, VERDICT_PAUSED, VERDICT_PAUSED },
                { VERDICT_BLOCKED, VERDICT_BLOCKED, VERDICT_BLOCKED },
                { VERDICT_FIGHTING, VERDICT_FIGHTING, VERDICT_FIGHTING },
                { VERDICT_NOT_CONVERGING, VERDICT_NOT_CONVERGING, VERDICT_NOT_CONVERGING },
                { VERDICT_UNKNOWN, VERDICT_UNKNOWN, VERDICT_UNKNOWN },
        };

        for (unsigned i = 0; i < ARRAY_SIZE(order); i++)
                for (unsigned j = 0; j < 3; j++)
                        assert_int_equal(verdict_rank(order[i][j]), i);
}

/* Kind.field, wanted, found → equal? The normalisations that the API asks for. */
static void test_equal_values(void **state) {
        static const struct {
                const char *kind, *field, *want, *have;
                bool equal;
        } cases[] = {
                { "Subnet", "securityLists", "['a','b']", "['b','a']", true },
                { "Subnet", "securityLists", "['a','b']", "['a']", false },
                { "Subnet", "securityLists", "['a']", "['a','a']", false },
                { "Subnet", "securityLists", "[]", "null", true },
                { "Subnet", "dnsLabel", "'Nodes'", "'nodes'", true },
                { "Subnet", "dnsLabel", "'nodes'", "null", false },
                { "Subnet", "availabilityDomain", "'Uocm:US-CHICAGO-1-AD-2'", "'uocm:US-chicago-1-AD-2'",
                  true },
                { "Subnet", "prohibitPublicIpOnVnic", "false", "null", true },
                { "Subnet", "prohibitPublicIpOnVnic", "true", "null", false },
                { "Vcn", "dnsLabel", "'HOME'", "'home'", true },
                { "NatGateway", "blockTraffic", "false", "null", true },
                { "NatGateway", "blockTraffic", "false", "true", false },
                { "ServiceGateway", "services", "[{'serviceId':'s1'}]",
                  "[{'serviceId':'s1','serviceName':'All'}]", true },
                { "ServiceGateway", "services", "[{'serviceId':'s1'},{'serviceId':'s2'}]",
                  "[{'serviceName':'B','serviceId':'s2'},{'serviceName':'A','serviceId':'s1'}]", true },
                { "ServiceGateway", "services", "[{'serviceId':'s1'}]", "[{'serviceId':'s2'}]", false },
                { "ServiceGateway", "services", "[]", "null", true },
                { "DrgRouteTable", "isEcmpEnabled", "false", "null", true },
                { "Vcn", "freeformTags", "{'a':'1'}", "{'b':'2','a':'1'}", true },
                { "Vcn", "freeformTags", "{'a':'1'}", "{'A':'1'}", false },
                { "Vcn", "freeformTags", "{}", "null", true },
                { "Vcn", "definedTags", "{'Ops':{'Owner':'x'}}",
                  "{'Oracle-Tags':{'CreatedBy':'y'},'ops':{'owner':'x','cost':'1'}}", true },
                { "Vcn", "definedTags", "{'Ops':{'Owner':'x'}}", "{'ops':{'owner':'y'}}", false },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                const Field *f = kind_field(kind_find(cases[i].kind), cases[i].field);
                _cleanup_json_ cJSON *want = json_of(cases[i].want), *have = json_of(cases[i].have);

                if (field_equal(f, want, have) != cases[i].equal)
                        fail_msg("%s.%s: %s and %s", cases[i].kind, cases[i].field, cases[i].want,
                                 cases[i].have);
        }
}

/* A list of objects in a rule is a set, too, and each element counts once. */
static void test_equal_objects(void **state) {
        static const struct {
                const char *want, *have;
                bool equal;
        } cases[] = {
                { "[{'matchType':'A'},{'matchType':'B'}]", "[{'matchType':'B'},{'matchType':'A'}]", true },
                { "[{'matchType':'A'},{'matchType':'B'}]", "[{'matchType':'A'},{'matchType':'A'}]", false },
                { "[{'matchType':'A'}]", "[{'matchType':'A'},{'matchType':'A'}]", false },
        };
        const Field *f = kind_field(kind_find("DrgRouteDistribution"), "statements")->rules->fields;

        while (!streq(f->name, "matchCriteria"))
                f++;
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_json_ cJSON *want = json_of(cases[i].want), *have = json_of(cases[i].have);

                assert_int_equal(field_equal(f, want, have), cases[i].equal);
        }
}

/* Kind.field, two rules → the same one? */
static void test_same_rules(void **state) {
        static const struct {
                const char *kind, *field, *one, *two;
                bool same;
        } cases[] = {
#define INGRESS "SecurityList", "ingressSecurityRules"
                { INGRESS, "{'protocol':'6','source':'10.0.0.0/8'}",
                  "{'source':'10.0.0.0/"
                  "8','protocol':'6','sourceType':'CIDR_BLOCK','isStateless':false,'tcpOptions':{},"
                  "'udpOptions':null,'description':null}",
                  true },
                { INGRESS, "{'protocol':'6','source':'x','isStateless':null,'description':'a'}",
                  "{'protocol':'6','source':'x','description':''}", true },
                { INGRESS, "{'protocol':'6','source':'x','isStateless':true}",
                  "{'protocol':'6','source':'x'}", false },
                { INGRESS, "{'protocol':'6','source':'x','tcpOptions':{'destinationPortRange':null}}",
                  "{'protocol':'6','source':'x'}", true },
                { INGRESS,
                  "{'protocol':'6','source':'x','tcpOptions':{'destinationPortRange':{'min':80,'max':80}}}",
                  "{'protocol':'6','source':'x','tcpOptions':{'sourcePortRange':{'min':80,'max':80}}}",
                  false },
                { INGRESS,
                  "{'protocol':'6','source':'x','tcpOptions':{'destinationPortRange':{'max':80,'min':80}}}",
                  "{'protocol':'6','source':'x','tcpOptions':{'sourcePortRange':null,'destinationPortRange':"
                  "{'min':80,"
                  "'max':80}}}",
                  true },
                { INGRESS, "{'protocol':'1','source':'x','icmpOptions':{'type':3}}",
                  "{'protocol':'1','source':'x','icmpOptions':{'type':3,'code':0}}", false },
                { INGRESS, "{'protocol':'1','source':'x','icmpOptions':{'type':3}}",
                  "{'protocol':'1','source':'x','icmpOptions':{'type':3,'code':null}}", true },
                { INGRESS, "{'protocol':'1','source':'x'}", "{'protocol':'1','source':'x','icmpOptions':{}}",
                  true },
                { INGRESS, "{'protocol':'all','source':'x','sourceType':'SERVICE_CIDR_BLOCK'}",
                  "{'protocol':'all','source':'x'}", false },
                { "NetworkSecurityGroup", "securityRules",
                  "{'direction':'INGRESS','protocol':'6','source':'x'}",
                  "{'id':'04ABEC','timeCreated':'t','isValid':true,'direction':'INGRESS','protocol':'6','"
                  "source':'x'}",
                  true },
                { "NetworkSecurityGroup", "securityRules",
                  "{'direction':'INGRESS','protocol':'6','source':'x'}",
                  "{'direction':'EGRESS','protocol':'6','source':'x'}", false },
                { "RouteTable", "routeRules", "{'destination':'x','networkEntityId':'a'}",
                  "{'destination':'x','destinationType':'CIDR_BLOCK','cidrBlock':'x','networkEntityId':'b',"
                  "'routeType':'STATIC','description':'d'}",
                  true },
                { "RouteTable", "routeRules", "{'destination':'x','destinationType':'SERVICE_CIDR_BLOCK'}",
                  "{'destination':'x'}", false },
                { "DrgRouteTable", "routeRules", "{'destination':'x','nextHopDrgAttachmentId':'a'}",
                  "{'id':'1','destination':'x','destinationType':'CIDR_BLOCK','nextHopDrgAttachmentId':'a','"
                  "isBlackhole':"
                  "true,'attributes':{}}",
                  true },
                { "DrgRouteTable", "routeRules", "{'destination':'x','nextHopDrgAttachmentId':'a'}",
                  "{'destination':'x','nextHopDrgAttachmentId':'b'}", false },
                { "DrgRouteDistribution", "statements", "{'priority':1,'action':'ACCEPT'}",
                  "{'id':'1','priority':1,'matchCriteria':[]}", true },
                { "DrgRouteDistribution", "statements", "{'priority':1}", "{'priority':10}", false },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                const Field *f = kind_field(kind_find(cases[i].kind), cases[i].field);
                _cleanup_json_ cJSON *one = json_of(cases[i].one), *two = json_of(cases[i].two);
                _cleanup_free_ char *a = rule_key(f->rules, one), *b = rule_key(f->rules, two);

                if (streq(a, b) != cases[i].same)
                        fail_msg("%s: %s\n%s\n%s\n%s", cases[i].field, cases[i].one, a, cases[i].two, b);
        }
}

/* Kind.field, a rule as people write it → the API's rules, or what is wrong. */
static void test_expansion(void **state) {
        static const struct {
                const char *kind, *field, *written, *rules;
        } cases[] = {
                { INGRESS,
                  "{'protocol':'tcp','source':'x','ports':[{'min':80,'max':80},{'min':90,'max':99}]}",
                  "[{'protocol':'6','source':'x','sourceType':'CIDR_BLOCK','isStateless':false,"
                  "'tcpOptions':{'destinationPortRange':{'min':80,'max':80}}},"
                  "{'protocol':'6','source':'x','sourceType':'CIDR_BLOCK','isStateless':false,"
                  "'tcpOptions':{'destinationPortRange':{'min':90,'max':99}}}]" },
                { INGRESS, "{'protocol':'icmp','source':'x','icmp':{'type':3,'code':4},'$at':'a:1'}",
                  "[{'protocol':'1','source':'x','sourceType':'CIDR_BLOCK','isStateless':false,'$at':'a:1',"
                  "'icmpOptions':{'type':3,'code':4}}]" },
                { INGRESS,
                  "{'protocol':'all','source':{'$lookup':'Service','key':'all','member':'cidrBlock'}}",
                  "[{'protocol':'all','source':{'$lookup':'Service','key':'all','member':'cidrBlock'},"
                  "'sourceType':'SERVICE_CIDR_BLOCK','isStateless':false}]" },
                { INGRESS, "{'protocol':'tcp','destination':'x'}", NULL },
                { INGRESS, "{'protocol':'all','source':'x','ports':[{'min':1,'max':2}]}", NULL },
                { INGRESS, "{'protocol':'tcp','source':'x','icmp':{'type':3}}", NULL },
                { "SecurityList", "egressSecurityRules",
                  "{'protocol':'udp','destination':'x','sourcePorts':[{'min':53,'max':53}]}",
                  "[{'protocol':'17','destination':'x','destinationType':'CIDR_BLOCK','isStateless':false,"
                  "'udpOptions':{'sourcePortRange':{'min':53,'max':53}}}]" },
                { "SecurityList", "egressSecurityRules", "{'protocol':'udp','destination':'x','source':'y'}",
                  NULL },
                { "NetworkSecurityGroup", "securityRules",
                  "{'direction':'INGRESS','protocol':'6','source':{'$ref':'primary/NetworkSecurityGroup/"
                  "a'},'stateless':true}",
                  "[{'direction':'INGRESS','protocol':'6','source':{'$ref':'primary/NetworkSecurityGroup/"
                  "a'},"
                  "'sourceType':'NETWORK_SECURITY_GROUP','isStateless':true}]" },
                { "RouteTable", "routeRules",
                  "{'destination':'x','networkEntityId':{'$ref':'primary/Drg/d'}}",
                  "[{'destination':'x','destinationType':'CIDR_BLOCK','networkEntityId':{'$ref':'primary/"
                  "Drg/d'}}]" },
                { "DrgRouteDistribution", "statements", "{'priority':1,'action':'ACCEPT'}",
                  "[{'priority':1,'action':'ACCEPT','matchCriteria':[{'matchType':'MATCH_ALL'}]}]" },
                { "DrgRouteDistribution", "statements",
                  "{'priority':1,'action':'ACCEPT','matchCriteria':[{'matchType':'MATCH_ALL','"
                  "attachmentType':'VCN'}]}",
                  NULL },
                { "DrgRouteDistribution", "statements",
                  "{'priority':1,'action':'ACCEPT','matchCriteria':[{'matchType':'DRG_ATTACHMENT_ID'}]}",
                  NULL },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                const Field *f = kind_field(kind_find(cases[i].kind), cases[i].field);
                _cleanup_json_ cJSON *written = json_of(cases[i].written), *ret = json_new_array();
                const char *error = f->rules->expand(written, f, ret);

                if (!!error != !cases[i].rules)
                        fail_msg("%s: %s", cases[i].written, error ? error : "not refused");
                if (!error)
                        assert_json(ret, cases[i].rules);
        }
}

static void test_descriptions(void **state) {
        static const struct {
                const char *kind, *field, *rule, *text;
        } cases[] = {
                { INGRESS,
                  "{'protocol':'6','source':'x','tcpOptions':{'destinationPortRange':{'min':443,'max':443}}"
                  "}",
                  "ingress tcp 443 from x" },
                { INGRESS, "{'protocol':'47','source':'x','isStateless':true}",
                  "ingress 47 from x stateless" },
                { "SecurityList", "egressSecurityRules",
                  "{'protocol':'1','destination':'x','icmpOptions':{'type':3,'code':4}}",
                  "egress icmp type 3 code 4 to x" },
                { "RouteTable", "routeRules", "{'destination':'x','networkEntityId':'Drg/d'}", "x → Drg/d" },
                { "DrgRouteTable", "routeRules",
                  "{'destination':'x','nextHopDrgAttachmentId':'a','isBlackhole':true}",
                  "x via a (black hole)" },
                { "DrgRouteDistribution", "statements", "{'priority':7,'matchCriteria':[]}",
                  "7 ACCEPT MATCH_ALL" },
                { "DrgRouteDistribution", "statements",
                  "{'priority':7,'matchCriteria':[{'matchType':'DRG_ATTACHMENT_TYPE','attachmentType':'VCN'}"
                  "]}",
                  "7 ACCEPT DRG_ATTACHMENT_TYPE VCN" },
                { INGRESS, "{}", "egress ? to ?" }, /* whatever the service sends */
                { "RouteTable", "routeRules", "{'destination':5}", "? → ?" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                const Field *f = kind_field(kind_find(cases[i].kind), cases[i].field);
                _cleanup_json_ cJSON *rule = json_of(cases[i].rule);
                _cleanup_free_ char *text = f->rules->describe(rule);

                assert_string_equal(text, cases[i].text);
        }
}

static void test_lookups(void **state) {
        static const struct {
                const char *kind, *item, *key;
                bool matches;
        } cases[] = {
                { "Service", "{'cidrBlock':'all-sjc-services-in-oracle-services-network'}", "all", true },
                { "Service", "{'cidrBlock':'oci-sjc-objectstorage'}", "all", false },
                { "Service", "{'cidrBlock':'oci-sjc-objectstorage'}", "objectstorage", true },
                { "Service", "{'name':'all'}", "all", false },
                { "AvailabilityDomain", "{'name':'Uocm:US-CHICAGO-1-AD-2'}", "2", true },
                { "AvailabilityDomain", "{'name':'Uocm:US-CHICAGO-1-AD-2'}", "1", false },
                { "AvailabilityDomain", "{}", "1", false },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_json_ cJSON *item = json_of(cases[i].item);

                assert_int_equal(kind_find(cases[i].kind)->lookup_matches(item, cases[i].key),
                                 cases[i].matches);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_json_in_tables),
                cmocka_unit_test(test_types),
                cmocka_unit_test(test_kinds),
                cmocka_unit_test(test_roles),
                cmocka_unit_test(test_not_with),
                cmocka_unit_test(test_field_paths),
                cmocka_unit_test(test_names_are_unique),
                cmocka_unit_test(test_rules_tables),
                cmocka_unit_test(test_lifecycles),
                cmocka_unit_test(test_words),
                cmocka_unit_test(test_ranks),
                cmocka_unit_test(test_equal_values),
                cmocka_unit_test(test_equal_objects),
                cmocka_unit_test(test_same_rules),
                cmocka_unit_test(test_expansion),
                cmocka_unit_test(test_descriptions),
                cmocka_unit_test(test_lookups),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
