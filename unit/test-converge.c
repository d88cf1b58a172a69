#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/act.h"
#include "engine/converge.h"
#include "engine/internal.h"

#define T0 (1000 * USEC_PER_SEC)

/* A resource with one observed object, and the differences of a fresh assessment. */
typedef struct Fixture {
        World *world;
        Resource *r;
        const Kind *kind;
} Fixture;

static void setup(Fixture *f) {
        *f = (Fixture){ .world = world_new(1), .kind = kind_find("Vcn") };
        f->r = resource_new("primary/Vcn/a", f->kind, 0, NULL);
}

static void done(Fixture *f) {
        resource_free(f->r);
        world_free(f->world);
}

static void look(Fixture *f, usec_t at, ReadFrom from) {
        cJSON *body = json_new_object();

        json_set_string(body, "id", "ocid1.vcn.oc1..a");
        json_set_string(body, "lifecycleState", "AVAILABLE");
        f->r->observed = world_see(f->world, f->kind, 0, body, "etag", from, at, at);
        assert_non_null(f->r->observed);
        assessment_done(&f->r->assessment);
}

static void add(Differences *ds, const char *path, const char *want) {
        differences_add(ds, NULL, VERB_UPDATE, xstrdup(path))->want_text = xstrdup(want);
}

/* Writes what is to mend 'path' and looks afterwards; true when a counter changed. */
static bool write_and_look(Fixture *f, usec_t at, bool mended) {
        Differences ds = {};

        add(&ds, "displayName", "a");
        world_wrote(f->world, f->kind, 0, "ocid1.vcn.oc1..a", NULL, at);
        converge_note_write(f->r, &ds, at);
        differences_done(&ds);
        look(f, at + USEC_PER_SEC, READ_GET);
        if (!mended)
                add(&f->r->assessment.differences, "displayName", "a");
        return converge_update(f->r, at + USEC_PER_SEC, 1);
}

static void drift(Fixture *f, usec_t at) {
        look(f, at, READ_GET);
        add(&f->r->assessment.differences, "displayName", "a");
}

static void test_gives_up_what_is_never_observed(void **state) {
        Fixture f;

        setup(&f);
        look(&f, T0, READ_GET);
        for (unsigned i = 1; i <= 4; i++) {
                usec_t at = T0 + i * USEC_PER_MINUTE;

                assert_true(write_and_look(&f, at, false));
                assert_int_equal(f.r->unconverged, i);
                assert_true(f.r->not_before >= at + (USEC_PER_SEC * 10 << (i - 1)));
                assert_false(converge_update(f.r, at + 2 * USEC_PER_SEC, 1)); /* one write counts once */
        }
        look(&f, T0 + USEC_PER_HOUR, READ_GET);
        assert_true(converge_update(f.r, T0 + USEC_PER_HOUR, 1));
        assert_int_equal(f.r->unconverged, 0);
        done(&f);
}

static void test_does_not_believe_the_writes_own_reply(void **state) {
        Differences ds = {};
        Fixture f;

        setup(&f);
        look(&f, T0, READ_GET);
        add(&ds, "displayName", "a");
        world_wrote(f.world, f.kind, 0, "ocid1.vcn.oc1..a", NULL, T0 + 10);
        converge_note_write(f.r, &ds, T0 + 10);
        differences_done(&ds);
        look(&f, T0 + 10, READ_REPLY);
        assert_false(converge_update(f.r, T0 + 10, 1));
        assert_non_null(f.r->wrote_digest);
        look(&f, T0 + 20, READ_LIST);
        assert_true(converge_update(f.r, T0 + 20, 1));
        assert_non_null(f.r->mended_digest);

        world_wrote(f.world, f.kind, 0, "ocid1.vcn.oc1..a", NULL, T0 + 30);
        add(&ds, "displayName", "a");
        converge_note_write(f.r, &ds, T0 + 30);
        differences_done(&ds);
        look(&f, T0 + 30, READ_REPLY);
        add(&f.r->assessment.differences, "displayName", "a");
        assert_true(converge_update(f.r, T0 + 30, 1)); /* but a reply that lacks it says enough */
        assert_int_equal(f.r->unconverged, 1);
        done(&f);
}

static void test_counts_the_rounds_of_a_fight(void **state) {
        Fixture f;

        setup(&f);
        look(&f, T0, READ_GET);
        for (unsigned i = 1; i <= 3; i++) {
                assert_true(write_and_look(&f, T0 + i * USEC_PER_MINUTE, true));
                drift(&f, T0 + i * USEC_PER_MINUTE + 20 * USEC_PER_SEC);
                assert_true(converge_update(f.r, T0 + i * USEC_PER_MINUTE + 20 * USEC_PER_SEC, 1));
                assert_int_equal(f.r->fight_rounds, i);
                drift(&f, T0 + i * USEC_PER_MINUTE + 30 * USEC_PER_SEC);
                assert_false(converge_update(f.r, T0 + i * USEC_PER_MINUTE + 30 * USEC_PER_SEC,
                                             1)); /* the same drift */
        }
        drift(&f, T0 + 2 * USEC_PER_HOUR);
        assert_true(converge_update(f.r, T0 + 2 * USEC_PER_HOUR, 1));
        assert_int_equal(f.r->fight_rounds, 0);
        done(&f);
}

static void test_a_person_ends_a_fight(void **state) {
        Fixture f;

        setup(&f);
        look(&f, T0, READ_GET);
        f.r->fight_rounds = f.r->unconverged = 3;
        f.r->token_round = 2;
        f.r->not_before = T0 + USEC_PER_HOUR;
        assert_true(write_and_look(&f, T0 + USEC_PER_MINUTE, true));
        converge_retry(f.r);
        assert_int_equal(f.r->fight_rounds, 0);
        assert_int_equal(f.r->unconverged, 0);
        assert_int_equal(f.r->not_before, 0);
        assert_int_equal(f.r->token_round, 2); /* a token that is used up stays so */
        drift(&f, T0 + 2 * USEC_PER_MINUTE);
        assert_false(converge_update(f.r, T0 + 2 * USEC_PER_MINUTE, 1)); /* not the fourth round */
        done(&f);
}

static void test_a_late_drift_is_no_fight(void **state) {
        Fixture f;

        setup(&f);
        look(&f, T0, READ_GET);
        assert_true(write_and_look(&f, T0 + USEC_PER_MINUTE, true));
        drift(&f, T0 + USEC_PER_HOUR);
        assert_false(converge_update(f.r, T0 + USEC_PER_HOUR, 1));
        assert_int_equal(f.r->fight_rounds, 0);
        done(&f);
}

static void test_says_nothing_of_what_is_old_or_in_doubt(void **state) {
        Fixture f;

        setup(&f);
        look(&f, T0, READ_GET);
        assert_true(write_and_look(&f, T0 + USEC_PER_MINUTE, true));
        drift(&f, T0 + 2 * USEC_PER_MINUTE);
        f.r->assessment.look = true;
        assert_false(converge_update(f.r, T0 + 2 * USEC_PER_MINUTE, 1));
        f.r->assessment.look = false;
        f.r->observed->doubted = T0 + 2 * USEC_PER_MINUTE;
        assert_false(converge_update(f.r, T0 + 2 * USEC_PER_MINUTE, 1));
        f.r->observed->doubted = 0;
        f.r->call = &f;
        assert_false(converge_update(f.r, T0 + 2 * USEC_PER_MINUTE, 1));
        f.r->call = NULL;
        assert_true(converge_update(f.r, T0 + 2 * USEC_PER_MINUTE, 1));
        done(&f);
}

static void test_delays(void **state) {
        static const struct {
                ErrorMeaning meaning;
                unsigned n;
                unsigned seconds;
        } cases[] = {
                { ERROR_ETAG, 1, 1 },        { ERROR_BUSY, 1, 2 },       { ERROR_BUSY, 2, 3 },
                { ERROR_BUSY, 50, 30 },      { ERROR_INVALID, 1, 30 },   { ERROR_INVALID, 2, 60 },
                { ERROR_LIMIT, 100, 600 },   { ERROR_SERVER, 1, 1 },     { ERROR_SERVER, 4, 8 },
                { ERROR_TRANSPORT, 90, 30 }, { ERROR_CONFLICT, 9, 300 }, { ERROR_AUTH, 1, 10 },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
                assert_int_equal(converge_delay(cases[i].meaning, cases[i].n),
                                 cases[i].seconds * USEC_PER_SEC);
        for (ErrorMeaning m = ERROR_NONE; m < _ERROR_MEANING_MAX; m++)
                for (unsigned n = 1; n < 100; n++) {
                        assert_true(converge_delay(m, n) >= USEC_PER_SEC);
                        assert_true(converge_delay(m, n + 1) >= converge_delay(m, n));
                }
}

static void test_retry_tokens(void **state) {
        _cleanup_json_ cJSON *body = json_new_object(), *turned = json_new_object();
        Estate estate = { .name = (char *) "e" };
        _cleanup_free_ char *a = NULL, *b = NULL, *c = NULL, *d = NULL;
        Fixture f;

        setup(&f);
        json_set_string(body, "displayName", "a");
        json_set_string(body, "compartmentId", "c");
        json_set_string(turned, "compartmentId", "c");
        json_set_string(turned, "displayName", "a");
        a = act_retry_token(&estate, f.r, body);
        b = act_retry_token(&estate, f.r, turned);
        assert_int_equal(strlen(a), 32);
        assert_string_equal(a, b);
        f.r->token_round++;
        c = act_retry_token(&estate, f.r, body);
        assert_string_not_equal(a, c);
        f.r->token_round--;
        estate.name = (char *) "f";
        d = act_retry_token(&estate, f.r, body);
        assert_string_not_equal(a, d);
        done(&f);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_gives_up_what_is_never_observed),
                cmocka_unit_test(test_does_not_believe_the_writes_own_reply),
                cmocka_unit_test(test_counts_the_rounds_of_a_fight),
                cmocka_unit_test(test_a_late_drift_is_no_fight),
                cmocka_unit_test(test_a_person_ends_a_fight),
                cmocka_unit_test(test_says_nothing_of_what_is_old_or_in_doubt),
                cmocka_unit_test(test_delays),
                cmocka_unit_test(test_retry_tokens),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
