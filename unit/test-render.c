/* The documents of the socket: every member that the contract names is there, with the right type and value; and commands that a
 * shell reads back as they were meant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "hand-estate.h"

static void assert_members(const cJSON *o, const char *names) {
        _cleanup_(strv_freep) char **v = str_split(names, ' ');

        for (char **name = v; *name; name++)
                if (!cJSON_HasObjectItem(o, *name))
                        fail_msg("no member '%s'", *name);
}

static const cJSON *find(const cJSON *array, const char *address) {
        const cJSON *o;

        cJSON_ArrayForEach (o, array)
                if (streq_ptr(json_string(o, "address"), address))
                        return o;
        fail_msg("no %s", address);
        return NULL;
}

static void test_status(void **state) {
        HandEstate h;
        _cleanup_json_ cJSON *o = NULL;
        const cJSON *r, *region;

        hand_estate_init(&h);
        assert_int_equal(words_pause(&h.words, HAND_VCN, HAND_NOW_REALTIME + USEC_PER_HOUR, "work"), 0);
        assert_int_equal(words_approve(&h.words, h.disrupt, false, NULL, HAND_NOW_REALTIME), 0);
        o = render_status(&h.view);
        assert_members(o, "schema version now startedAt estate mode verdict spec regions resources peerings "
                          "connectivity "
                          "approvals paused budget");
        assert_string_equal(json_string(o, "now"), "2026-02-12T03:13:20.000Z");
        assert_string_equal(json_string(o, "mode"), "enforce");
        assert_string_equal(json_string(o, "verdict"), "drifted");
        assert_string_equal(json_path_string(o, "spec.running.digest"), h.estate->digest);
        assert_true(cJSON_IsNull(cJSON_GetObjectItem(cJSON_GetObjectItem(o, "spec"), "rejected")));
        assert_true(json_number(json_get(o, "budget"), "used", -1) == 1);
        assert_true(json_number(json_get(o, "budget"), "limit", -1) == 6);

        region = json_get(o, "regions")->child;
        assert_members(
                region,
                "name region reachable complete lastComplete lastError throttled requests credentialExpires "
                "clockSkewSeconds");
        assert_string_equal(json_string(region, "region"), "us-sanjose-1");
        assert_false(json_bool(region, "complete", true)); /* no listing has come yet */

        r = find(json_get(o, "resources"), HAND_TABLE);
        assert_members(r, "address kind id verdict reason since observedAt differences foreign waitsFor "
                          "inFlight attempts "
                          "nextTry fight source");
        assert_string_equal(json_string(r, "id"), HAND_TABLE_ID);
        assert_string_equal(json_string(r, "verdict"), "drifted");
        assert_string_equal(json_string(r, "since"), "2026-02-12T03:12:39.000Z");
        assert_string_equal(json_string(r, "observedAt"), "2026-02-12T03:13:18.000Z");
        assert_string_equal(json_string(r, "source"), "hand.yaml:15");
        assert_string_equal(json_string(json_get(r, "differences")->child, "path"),
                            "routeRules[10.1.0.0/16]");
        assert_string_equal(json_path_string(json_get(r, "differences")->child, "have.destination"),
                            "10.1.0.0/16");
        assert_null(json_get(json_get(r, "differences")->child, "want"));

        r = find(json_get(o, "resources"), HAND_NAT);
        assert_null(json_get(r, "id"));
        assert_string_equal(json_string(r, "nextTry"), "2026-02-12T03:13:26.000Z");
        assert_true(json_number(r, "attempts", 0) == 2);
        assert_string_equal(json_string(json_get(o, "paused")->child, "until"), "2026-02-12T04:13:20.000Z");
        assert_string_equal(json_string(json_get(o, "approvals")->child, "id"), "5e0c12ab");
        hand_estate_done(&h);
}

static void test_status_with_rejected_spec(void **state) {
        HandEstate h;
        _cleanup_json_ cJSON *o = NULL, *errors = json_new_array();

        hand_estate_init(&h);
        json_append(errors, json_new_object());
        h.view.spec.rejected = "77ab02";
        h.view.spec.errors = errors;
        o = render_status(&h.view);
        assert_string_equal(json_path_string(o, "spec.rejected.digest"), "77ab02");
        assert_int_equal(cJSON_GetArraySize(json_path(o, "spec.rejected.errors")), 1);
        hand_estate_done(&h);
}

static void test_plan(void **state) {
        HandEstate h;
        _cleanup_json_ cJSON *o = NULL;
        const cJSON *a;

        hand_estate_init(&h);
        o = render_plan(&h.view, &h.context, &h.plan);
        assert_members(o, "digest complete actions");
        assert_string_equal(json_string(o, "digest"), "3f9a1c");
        a = find(json_get(o, "actions"), HAND_TABLE);
        assert_members(a, "id address verb gate reason differences waitsFor calls");
        assert_string_equal(json_string(a, "gate"), "approve");
        assert_string_equal(json_string(a, "verb"), "disrupt");
        assert_string_equal(json_path_string(a, "decision.word"), "approval");
        a = find(json_get(o, "actions"), HAND_NAT);
        assert_string_equal(json_string(a, "gate"), "automatic");
        assert_string_equal(json_get(a, "waitsFor")->child->valuestring, HAND_VCN);
        assert_true(json_number(o, "unchanged", 0) == 1);
        h.disrupt->decision = DECISION_REFUSED;
        cJSON_Delete(o);
        o = render_plan(&h.view, &h.context, &h.plan);
        assert_string_equal(json_string(find(json_get(o, "actions"), HAND_TABLE), "gate"), "never");
        hand_estate_done(&h);
}

static void test_commands(void **state) {
        HandEstate h;
        char *text;

        hand_estate_init(&h);
        text = render_command(&h.context, h.disrupt);
        assert_string_equal(text, "oci network route-table update --rt-id " HAND_TABLE_ID
                                  " --if-match 8f2c --from-json "
                                  "'{\"displayName\":\"it'\\''s private\"}' --force --region us-sanjose-1");
        free(text);

        text = render_command(&h.context, h.create);
        assert_non_null(
                strstr(text, "oci network nat-gateway create --from-json '{\"displayName\":\"primary-nat\","
                             "\"vcnId\":\"<" HAND_VCN ">\"}' --region us-sanjose-1"));
        free(text);

        h.disrupt->call.method = "DELETE";
        text = render_command(&h.context, h.disrupt);
        assert_string_equal(text, "oci network route-table delete --rt-id " HAND_TABLE_ID
                                  " --if-match 8f2c --force --region us-sanjose-1");
        free(text);

        h.disrupt->call.method = "POST";
        str_replace(&h.disrupt->call.path, "/20160918/vcns/ocid1.vcn.oc1.x.a/actions/addCidr");
        text = render_command(&h.context, h.disrupt);
        assert_string_equal(
                text,
                "oci raw-request --http-method POST --target-uri "
                "https://iaas.us-sanjose-1.oraclecloud.com/20160918/vcns/ocid1.vcn.oc1.x.a/actions/addCidr "
                "--request-body '{\"displayName\":\"it'\\''s private\"}' --request-headers "
                "'{\"if-match\":\"8f2c\"}'");
        free(text);
        hand_estate_done(&h);
}

/* A body of a create shows what it waits for, and none of our own notes. */
static void test_placeholders(void **state) {
        HandEstate h;
        cJSON *rule, *rules;
        char *text;

        hand_estate_init(&h);
        rules = json_new_array();
        rule = json_new_object();
        json_set_string(rule, "$at", "hand.yaml:17");
        json_set_string(rule, "destination", "0.0.0.0/0");
        json_set(rule, "networkEntityId", symbol_new_ref(HAND_NAT));
        json_append(rules, rule);
        json_append(rules, symbol_new_lookup("Service", "all", "cidrBlock"));
        json_set(h.disrupt->call.body, "routeRules", rules);
        text = render_command(&h.context, h.disrupt);
        assert_non_null(strstr(text, "[{\"destination\":\"0.0.0.0/0\",\"networkEntityId\":\"<" HAND_NAT
                                     ">\"},\"<Service/all>\"]"));
        free(text);
        hand_estate_done(&h);
}

static void test_explain(void **state) {
        HandEstate h;
        _cleanup_json_ cJSON *o = NULL;

        hand_estate_init(&h);
        o = render_explain(&h.view, context_find(&h.context, HAND_NAT));
        assert_string_equal(json_path_string(o, "resource.address"), HAND_NAT);
        assert_true(json_bool(o, "absent", false));
        assert_string_equal(json_string(json_get(o, "tried")->child, "code"), "IncorrectState");
        assert_int_equal(cJSON_GetArraySize(json_get(o, "actions")), 1);
        assert_null(json_get(o, "seen"));
        hand_estate_done(&h);
}

/* What the shell makes of a quoted word is the word. */
static void test_shell_words(void **state) {
        static const char *const words[] = { "",     "plain", "two words",
                                             "it's", "''",    "$(id) `id` \\ \"x\" * ~ # ; | &",
                                             "–é" };

        for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
                _cleanup_str_ Str command = {};
                char line[256] = "";
                FILE *p;

                str_add(&command, "printf %s ");
                str_add_shell_word(&command, words[i]);
                p = popen(command.s, "r");
                assert_non_null(p);
                (void) fread(line, 1, sizeof line - 1, p);
                assert_int_equal(pclose(p), 0);
                assert_string_equal(line, words[i]);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_status),      cmocka_unit_test(test_status_with_rejected_spec),
                cmocka_unit_test(test_plan),        cmocka_unit_test(test_commands),
                cmocka_unit_test(test_explain),     cmocka_unit_test(test_placeholders),
                cmocka_unit_test(test_shell_words),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
