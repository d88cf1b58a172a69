/* words.c: what an approval covers, and that words survive on disk or are set aside. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "hand-estate.h"

#define NOW HAND_NOW_REALTIME

typedef struct Fixture {
        char directory[64];
        HandEstate hand;
        Words words;
} Fixture;

static int setup(void **state) {
        Fixture *f = xnew(Fixture, 1);
        char *error = NULL;

        (void) snprintf(f->directory, sizeof f->directory, "/tmp/test-words-XXXXXX");
        assert_non_null(mkdtemp(f->directory));
        hand_estate_init(&f->hand);
        assert_int_equal(words_load(&f->words, f->directory, &error), 0);
        *state = f;
        return 0;
}

static char *path_of(const Fixture *f, const char *name) {
        return path_join(f->directory, name);
}

static int teardown(void **state) {
        Fixture *f = *state;
        _cleanup_free_ char *words = path_of(f, "words.json"), *bad = path_of(f, "words.json.bad");

        words_done(&f->words);
        hand_estate_done(&f->hand);
        (void) unlink(words);
        (void) unlink(bad);
        assert_int_equal(rmdir(f->directory), 0);
        free(f);
        return 0;
}

static void reload(Fixture *f) {
        char *error = NULL;

        words_done(&f->words);
        assert_int_equal(words_load(&f->words, f->directory, &error), 0);
}

static Difference *add_difference(Action *a, const char *path, const char *want) {
        Difference *d = differences_add(&a->differences, NULL, a->verb, xstrdup(path));

        d->want_text = xstrdup(want);
        return d;
}

static void test_approval_covers_what_was_seen(void **state) {
        Fixture *f = *state;
        Action *a = f->hand.disrupt;
        const Approval *p;

        assert_null(words_approval(&f->words, a, NOW));
        add_difference(a, "displayName", "x");
        assert_int_equal(words_approve(&f->words, a, false, "because", NOW), 0);
        reload(f);
        p = words_approval(&f->words, a, NOW + USEC_PER_MINUTE);
        assert_non_null(p);
        assert_string_equal(p->id, "5e0c12ab");
        assert_string_equal(p->ocid, HAND_TABLE_ID);
        assert_string_equal(p->reason, "because");
        assert_false(p->override);
        assert_null(words_approval(&f->words, f->hand.create, NOW));
}

static void test_approval_holds_while_differences_shrink(void **state) {
        Fixture *f = *state;
        Action *a = f->hand.disrupt;
        Difference *d = add_difference(a, "nodes[3]", "v1");

        assert_int_equal(words_approve(&f->words, a, false, NULL, NOW), 0);
        a->differences.n--;
        assert_non_null(words_approval(&f->words, a, NOW));
        a->differences.n++;
        str_replace(&d->want_text, "v2");
        assert_null(words_approval(&f->words, a, NOW));
        str_replace(&d->want_text, "v1");
        assert_non_null(words_approval(&f->words, a, NOW));
        add_difference(a, "nodes[4]", "v1");
        assert_null(words_approval(&f->words, a, NOW));
}

static void test_approval_is_for_that_thing_only(void **state) {
        Fixture *f = *state;
        Action *a = f->hand.disrupt;
        Resource *r = a->resource;
        Observed *seen = r->observed;
        Desired *d = f->hand.estate->resources[r->desired->index];
        char *digest = d->digest, other[] = "000000000000";

        assert_int_equal(words_approve(&f->words, a, false, NULL, NOW), 0);
        r->observed = NULL;
        assert_null(words_approval(&f->words, a, NOW));
        r->observed = seen;
        a->verb = VERB_DELETE;
        assert_null(words_approval(&f->words, a, NOW));
        a->verb = VERB_DISRUPT;
        d->digest = other;
        assert_null(words_approval(&f->words, a, NOW));
        d->digest = digest;
        assert_non_null(words_approval(&f->words, a, NOW));
}

static void test_approval_lapses(void **state) {
        Fixture *f = *state;
        Action *a = f->hand.disrupt;

        assert_int_equal(words_approve(&f->words, a, true, "late", NOW), 0);
        assert_non_null(words_approval(&f->words, a, NOW + USEC_PER_HOUR - 1));
        assert_null(words_approval(&f->words, a, NOW + USEC_PER_HOUR));
        assert_false(words_expire(&f->words, NOW + USEC_PER_HOUR - 1));
        assert_true(words_expire(&f->words, NOW + USEC_PER_HOUR));
        assert_int_equal(f->words.n_approvals, 0);
        f->words.hour = USEC_PER_MINUTE;
        assert_int_equal(words_approve_bootstrap(&f->words, NOW), 0);
        assert_true(words_bootstrap(&f->words, NOW));
        assert_false(words_bootstrap(&f->words, NOW + USEC_PER_MINUTE));
}

static void test_same_id_is_one_approval(void **state) {
        Fixture *f = *state;

        assert_int_equal(words_approve(&f->words, f->hand.disrupt, false, NULL, NOW), 0);
        assert_int_equal(words_approve(&f->words, f->hand.disrupt, true, "again", NOW), 0);
        assert_int_equal(f->words.n_approvals, 1);
        assert_true(f->words.approvals[0].override);
}

static void test_pauses(void **state) {
        Fixture *f = *state;

        assert_int_equal(words_resume(&f->words, NULL), -ENOENT);
        assert_int_equal(words_pause(&f->words, HAND_VCN, NOW + USEC_PER_HOUR, "work"), 0);
        assert_int_equal(words_pause(&f->words, HAND_VCN, NOW + 2 * USEC_PER_HOUR, "more work"), 0);
        assert_int_equal(f->words.n_pauses, 1);
        assert_null(words_paused(&f->words, HAND_TABLE, NOW));
        assert_int_equal(words_pause(&f->words, NULL, USEC_INFINITY, "all of it"), 0);
        reload(f);
        assert_string_equal(words_paused(&f->words, HAND_TABLE, NOW)->reason, "all of it");
        assert_true(words_paused(&f->words, HAND_TABLE, NOW)->until == USEC_INFINITY);
        assert_int_equal(words_resume(&f->words, HAND_TABLE), -ENOENT);
        assert_int_equal(words_resume(&f->words, HAND_VCN), 0);
        assert_int_equal(words_resume(&f->words, NULL), 0);
        assert_null(words_paused(&f->words, HAND_VCN, NOW));
        assert_int_equal(words_pause(&f->words, HAND_VCN, NOW + 1, "short"), 0);
        assert_true(words_expire(&f->words, NOW + 1));
}

static void write_words(const Fixture *f, const char *text) {
        _cleanup_free_ char *path = path_of(f, "words.json");

        assert_int_equal(file_write_atomic(path, text, strlen(text), 0600), 0);
}

/* What was seen is a text, never a number. */
static const char damaged_seen[] = "{\"version\":1,\"approvals\":[{\"id\":\"a\",\"address\":\"b\",\"verb\":"
                                   "\"delete\",\"want\":\"\",\"seen\":[1],"
                                   "\"expires\":\"2026-02-12T03:12:44Z\"}],\"pauses\":[]}";

static void test_damaged_file_is_set_aside(void **state) {
        static const char *const damaged[] = {
                "",
                "{",
                "[]",
                "{\"version\":2,\"approvals\":[],\"pauses\":[]}",
                "{\"version\":1,\"approvals\":{},\"pauses\":[]}",
                "{\"version\":1,\"approvals\":[{\"id\":\"a\"}],\"pauses\":[]}",
                damaged_seen,
                "{\"version\":1,\"approvals\":[],\"pauses\":[{\"reason\":\"x\",\"until\":5}]}",
                "{\"version\":1,\"approvals\":[],\"pauses\":[{\"reason\":\"x\",\"address\":5}]}",
        };
        Fixture *f = *state;
        _cleanup_free_ char *bad = path_of(f, "words.json.bad");

        for (size_t i = 0; i < ARRAY_SIZE(damaged); i++) {
                _cleanup_free_ char *error = NULL;

                words_done(&f->words);
                write_words(f, damaged[i]);
                assert_true(words_load(&f->words, f->directory, &error) < 0);
                assert_non_null(strstr(error, "words.json.bad"));
                assert_int_equal(f->words.n_approvals + f->words.n_pauses, 0);
                assert_int_equal(access(bad, F_OK), 0);
                assert_int_equal(words_pause(&f->words, NULL, USEC_INFINITY, "still works"), 0);
        }
}

static void test_nothing_changes_when_the_disk_refuses(void **state) {
        Fixture *f = *state;

        assert_int_equal(words_pause(&f->words, NULL, USEC_INFINITY, "kept"), 0);
        str_replace(&f->words.path, "/nonexistent/words.json");
        assert_true(words_approve(&f->words, f->hand.disrupt, false, NULL, NOW) < 0);
        assert_int_equal(f->words.n_approvals, 0);
        assert_true(words_resume(&f->words, NULL) < 0);
        assert_int_equal(f->words.n_pauses, 1);
}

static void test_words_are_bounded(void **state) {
        Fixture *f = *state;
        int r = 0;

        str_replace(&f->words.path, NULL);
        for (unsigned i = 0; i <= WORDS_MAX && r >= 0; i++) {
                _cleanup_free_ char *address = xasprintf("primary/Vcn/%u", i);

                r = words_pause(&f->words, address, USEC_INFINITY, "many");
        }
        assert_int_equal(r, -ENOSPC);
        assert_int_equal(f->words.n_pauses, WORDS_MAX);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_approval_covers_what_was_seen, setup, teardown),
                cmocka_unit_test_setup_teardown(test_approval_holds_while_differences_shrink, setup,
                                                teardown),
                cmocka_unit_test_setup_teardown(test_approval_is_for_that_thing_only, setup, teardown),
                cmocka_unit_test_setup_teardown(test_approval_lapses, setup, teardown),
                cmocka_unit_test_setup_teardown(test_same_id_is_one_approval, setup, teardown),
                cmocka_unit_test_setup_teardown(test_pauses, setup, teardown),
                cmocka_unit_test_setup_teardown(test_damaged_file_is_set_aside, setup, teardown),
                cmocka_unit_test_setup_teardown(test_nothing_changes_when_the_disk_refuses, setup, teardown),
                cmocka_unit_test_setup_teardown(test_words_are_bounded, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
