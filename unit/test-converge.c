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

/* 'etag' stands for the body as well: another one is another body. */
static void look_at(Fixture *f, usec_t at, ReadFrom from, const char *etag) {
        cJSON *body = json_new_object();

        json_set_string(body, "id", "ocid1.vcn.oc1..a");
        json_set_string(body, "lifecycleState", "AVAILABLE");
        json_set_string(body, "dnsLabel", etag);
        f->r->observed = world_see(f->world, f->kind, 0, body, from == READ_LIST ? NULL : etag, from, at,
                                   at);
        assert_non_null(f->r->observed);
        assessment_done(&f->r->assessment);
}

static void look(Fixture *f, usec_t at, ReadFrom from) {
        look_at(f, at, from, "etag");
}

static void add(Differences *ds, const char *path, const char *want) {
        differences_add(ds, NULL, VERB_UPDATE, xstrdup(path))->want_text = xstrdup(want);
}

/* Writes what is to mend 'path' and looks afterwards; true when a counter changed. */
static bool write_and_look(Fixture *f, usec_t at, bool mended) {
        Differences ds = {};

        add(&ds, "displayName", "a");
        world_wrote(f->world, f->kind, 0, "ocid1.vcn.oc1..a", NULL, at);
        converge_note_write(f->r, false, &ds, NULL, at);
        differences_done(&ds);
        look(f, at + USEC_PER_SEC, READ_GET);
        if (!mended)
                add(&f->r->assessment.differences, "displayName", "a");
        return converge_update(f->r, at + USEC_PER_SEC, 1);
}

/* What is still worked on shows no difference, and is not mended for that. */
static void test_work_under_way_acquits_nobody(void **state) {
        Fixture f;

        setup(&f);
        look(&f, T0, READ_GET);
        assert_true(write_and_look(&f, T0 + 10 * USEC_PER_SEC, false));
        for (unsigned i = 2; i <= 4; i++) {
                usec_t at = T0 + i * 10 * USEC_PER_SEC;
                Differences ds = {};

                add(&ds, "displayName", "a");
                world_wrote(f.world, f.kind, 0, "ocid1.vcn.oc1..a", NULL, at);
                converge_note_write(f.r, false, &ds, NULL, at);
                differences_done(&ds);
                look(&f, at + 1, READ_GET);
                f.r->assessment.look_at = f.r->observed; /* stands for its work request */
                assert_false(converge_update(f.r, at + 1, 1));
                look(&f, at + 2, READ_GET);
                add(&f.r->assessment.differences, "displayName", "a");
                assert_true(converge_update(f.r, at + 2, 1));
                assert_int_equal(f.r->unconverged, i);
                assert_int_equal(f.r->fight_rounds, 0);
        }
        done(&f);
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
        converge_note_write(f.r, false, &ds, NULL, T0 + 10);
        differences_done(&ds);
        look(&f, T0 + 10, READ_REPLY);
        assert_false(converge_update(f.r, T0 + 10, 1));
        assert_non_null(f.r->wrote_digest);
        look(&f, T0 + 20, READ_LIST);
        assert_true(converge_update(f.r, T0 + 20, 1));
        assert_non_null(f.r->mended_digest);

        world_wrote(f.world, f.kind, 0, "ocid1.vcn.oc1..a", NULL, T0 + 30);
        add(&ds, "displayName", "a");
        converge_note_write(f.r, false, &ds, NULL, T0 + 30);
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
        look(&f, T0 + 2 * USEC_PER_HOUR, READ_GET);
        assert_true(converge_update(f.r, T0 + 2 * USEC_PER_HOUR, 1));
        assert_int_equal(f.r->fight_rounds, 0);
        done(&f);
}

/* What a look after a successful write shows, and what it then is. The write's own reply had the etag "ours". */
static void test_who_undid_it(void **state) {
        static const struct {
                const char *reply;  /* the etag that was noted */
                const char *listed; /* what a list shows first, or NULL */
                const char *got;    /* what a GET shows then */
                bool drifts;
                unsigned unconverged, rounds;
        } cases[] = {
                { "ours", NULL, "ours", true, 1, 0 },       /* nobody wrote: it is not kept */
                { "ours", NULL, "theirs", true, 0, 1 },     /* somebody did */
                { "ours", "theirs", "theirs", true, 0, 1 }, /* a list cannot tell, and convicts nobody */
                { "ours", "theirs", "ours", true, 1, 0 },
                { NULL, NULL, "theirs", true, 1, 0 }, /* it changes by itself: no witness */
                { NULL, "theirs", "theirs", true, 1, 0 },
                { "ours", NULL, "theirs", false, 0, 0 }, /* somebody changed another thing of it */
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                Differences ds = {};
                Fixture f;

                setup(&f);
                look(&f, T0, READ_GET);
                add(&ds, "displayName", "a");
                world_wrote(f.world, f.kind, 0, "ocid1.vcn.oc1..a", NULL, T0 + 10);
                converge_note_write(f.r, false, &ds, cases[i].reply, T0 + 10);
                differences_done(&ds);
                look_at(&f, T0 + 10, READ_REPLY, "ours");
                assert_false(converge_update(f.r, T0 + 11, 1));
                if (cases[i].listed) {
                        look_at(&f, T0 + 20, READ_LIST, cases[i].listed);
                        add(&f.r->assessment.differences, "displayName", "a");
                        assert_int_equal(converge_update(f.r, T0 + 20, 1), !cases[i].reply);
                }
                look_at(&f, T0 + 30, READ_GET, cases[i].got);
                if (cases[i].drifts)
                        add(&f.r->assessment.differences, "displayName", "a");
                (void) converge_update(f.r, T0 + 30, 1);
                assert_int_equal(f.r->unconverged, cases[i].unconverged);
                assert_int_equal(f.r->fight_rounds, cases[i].rounds);
                done(&f);
        }
}

/* Of two fields one is kept: the other alone is not converging, and nobody fights. */
static void test_a_part_is_not_kept(void **state) {
        Differences ds = {};
        Fixture f;

        setup(&f);
        look(&f, T0, READ_GET);
        add(&ds, "displayName", "a");
        add(&ds, "dnsLabel", "b");
        world_wrote(f.world, f.kind, 0, "ocid1.vcn.oc1..a", NULL, T0 + 10);
        converge_note_write(f.r, false, &ds, "etag", T0 + 10);
        differences_done(&ds);
        for (unsigned i = 0; i < 3; i++) {
                look(&f, T0 + 20 + i, READ_GET);
                add(&f.r->assessment.differences, "dnsLabel", "b");
                assert_int_equal(converge_update(f.r, T0 + 20 + i, 1), i == 0);
        }
        assert_int_equal(f.r->unconverged, 1);
        assert_int_equal(f.r->fight_rounds, 0);
        done(&f);
}

/* Our tags are no difference of the assessment: only the action that puts them on knows them. */
static void test_tags_are_fought_over_as_well(void **state) {
        Fixture f;

        setup(&f);
        look(&f, T0, READ_GET);
        assert_true(write_and_look(&f, T0 + USEC_PER_MINUTE, true));
        look(&f, T0 + 2 * USEC_PER_MINUTE, READ_GET);
        add(&assessment_act(&f.r->assessment, f.r, VERB_ADOPT)->differences, "displayName", "a");
        assert_true(converge_update(f.r, T0 + 2 * USEC_PER_MINUTE, 1));
        assert_int_equal(f.r->fight_rounds, 1);
        done(&f);
}

/* Rules behind actions have a listing of their own: once that was made again, the object's own need not be. */
static void test_rules_are_seen_by_their_own_listing(void **state) {
        Differences ds = {};
        Fixture f;

        setup(&f);
        look(&f, T0, READ_GET);
        add(&ds, "securityRules[a]", "a");
        converge_note_write(f.r, false, &ds, NULL, T0 + 10);
        differences_done(&ds);
        assert_true(converge_update(f.r, T0 + 20, 1));
        assert_non_null(f.r->mended_digest);
        done(&f);
}

static void test_gives_up_what_is_made_in_vain(void **state) {
        const Differences none = {};
        Desired desired = {};
        Fixture f;

        setup(&f);
        f.r->desired = &desired;
        f.r->absent = true;
        for (unsigned i = 1; i <= 3; i++) {
                usec_t at = T0 + i * USEC_PER_MINUTE;

                converge_note_write(f.r, true, &none, NULL, at);
                f.r->assessment.look_listing = world_need_listing(f.world, f.kind, NULL, 0, "");
                assert_false(converge_update(f.r, at + 1, 1)); /* nothing has been listed since */
                f.r->assessment.look_listing = NULL;
                assert_true(converge_update(f.r, at + 2, 1));
                assert_int_equal(f.r->unconverged, i);
                assert_true(f.r->not_before >= at + (USEC_PER_SEC * 10 << (i - 1)));
        }
        converge_note_write(f.r, true, &none, NULL, T0 + USEC_PER_HOUR);
        f.r->absent = false;
        look(&f, T0 + USEC_PER_HOUR + 1, READ_GET);
        assert_true(converge_update(f.r, T0 + USEC_PER_HOUR + 1, 1));
        assert_int_equal(f.r->unconverged, 0);
        f.r->observed = NULL; /* deleted again and again, it is made again and again */
        f.r->absent = true;
        assert_false(converge_update(f.r, T0 + USEC_PER_HOUR + 2, 1));
        assert_int_equal(f.r->fight_rounds, 0);
        f.r->desired = NULL;
        done(&f);
}

/* Held for an hour, tried once more, and given up at the first undoing; forgotten once it rests. */
static void test_a_fight_is_tried_once_an_hour(void **state) {
        const usec_t later = T0 + USEC_PER_HOUR;
        Fixture f;

        setup(&f);
        look(&f, T0, READ_GET);
        f.r->fight_rounds = CONVERGE_ROUNDS;
        f.r->fought = T0;
        drift(&f, later - 1);
        assert_false(converge_update(f.r, later - 1, 1));
        drift(&f, later + 1);
        assert_true(converge_update(f.r, later + 1, 1));
        assert_int_equal(f.r->fight_rounds, CONVERGE_ROUNDS - 1);
        assert_true(write_and_look(&f, later + USEC_PER_MINUTE, true));
        drift(&f, later + 2 * USEC_PER_MINUTE);
        assert_true(converge_update(f.r, later + 2 * USEC_PER_MINUTE, 1));
        assert_int_equal(f.r->fight_rounds, CONVERGE_ROUNDS);
        look(&f, later + 2 * USEC_PER_HOUR, READ_GET);
        assert_true(converge_update(f.r, later + 2 * USEC_PER_HOUR, 1));
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
                cmocka_unit_test(test_work_under_way_acquits_nobody),
                cmocka_unit_test(test_counts_the_rounds_of_a_fight),
                cmocka_unit_test(test_who_undid_it),
                cmocka_unit_test(test_a_part_is_not_kept),
                cmocka_unit_test(test_tags_are_fought_over_as_well),
                cmocka_unit_test(test_rules_are_seen_by_their_own_listing),
                cmocka_unit_test(test_gives_up_what_is_made_in_vain),
                cmocka_unit_test(test_a_fight_is_tried_once_an_hour),
                cmocka_unit_test(test_a_late_drift_is_no_fight),
                cmocka_unit_test(test_a_person_ends_a_fight),
                cmocka_unit_test(test_says_nothing_of_what_is_old_or_in_doubt),
                cmocka_unit_test(test_delays),
                cmocka_unit_test(test_retry_tokens),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
