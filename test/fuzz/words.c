/* The files of a state directory. The input's first part is words.json, the second last-good.json. Words that load say the same
 * after they were saved and loaded again, and what people add to them survives. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "fuzz.h"
#include "hand-estate.h"
#include "spec-source.h"

#define NOW HAND_NOW_REALTIME

static HandEstate *hand_estate(void) {
        static HandEstate hand;
        static bool done;

        if (!done)
                hand_estate_init(&hand);
        done = true;
        return &hand;
}

static void put_file(const char *path, const char *text, size_t size) {
        FILE *f = fopen(path, "we");

        if (!f || fwrite(text, 1, size, f) != size || fclose(f) != 0)
                abort();
}

static bool same_words(const Words *a, const Words *b) {
        bool same = a->n_approvals == b->n_approvals && a->n_pauses == b->n_pauses;

        for (size_t i = 0; same && i < a->n_approvals; i++) {
                const Approval *x = &a->approvals[i], *y = &b->approvals[i];

                /* Instants are kept to the millisecond. */
                same = streq(x->id, y->id) && streq(x->address, y->address) && streq_ptr(x->ocid, y->ocid) &&
                       x->verb == y->verb && streq(x->want, y->want) &&
                       strv_length(x->seen) == strv_length(y->seen) && x->override == y->override &&
                       x->expires / USEC_PER_MSEC == y->expires / USEC_PER_MSEC &&
                       streq_ptr(x->reason, y->reason);
        }
        for (size_t i = 0; same && i < a->n_pauses; i++) {
                const Pause *x = &a->pauses[i], *y = &b->pauses[i];

                same = streq_ptr(x->address, y->address) && streq(x->reason, y->reason) &&
                       (x->until == y->until || x->until / USEC_PER_MSEC == y->until / USEC_PER_MSEC);
        }
        return same;
}

/* What the gate asks of the words. */
static void ask(const Words *w, const HandEstate *h) {
        const Approval *a = words_approval(w, h->disrupt, NOW);
        const Pause *p = words_paused(w, HAND_TABLE, NOW);

        assert(!a || (a->expires > NOW && streq(a->address, HAND_TABLE)));
        assert(!p || p->until > NOW);
        (void) words_approval(w, h->create, NOW);
        (void) words_bootstrap(w, NOW);
}

/* Adds a pause, which saves; the rest must come back as it was. */
static void save_and_load(Words *w, const char *directory) {
        Words again = {};
        char *error = NULL;
        int r;

        r = words_pause(w, HAND_NAT, NOW + USEC_PER_HOUR, "a \"reason\"");
        assert(r == 0 || r == -ENOSPC);
        if (r < 0)
                return;
        r = words_load(&again, directory, &error);
        assert(r == 0 && !error && same_words(w, &again) && words_paused(&again, HAND_NAT, NOW));
        words_done(&again);
}

static void load_words(const char *directory, const HandEstate *h) {
        Words w = {};
        char *error = NULL;
        int r = words_load(&w, directory, &error);

        assert(r < 0 ? !isempty(error) && w.n_approvals == 0 && w.n_pauses == 0 : !error);
        free(error);
        ask(&w, h);
        save_and_load(&w, directory);
        r = words_resume(&w, HAND_NAT);
        assert(r == 0 || r == -ENOENT || r == -ENOSPC);
        (void) words_expire(&w, NOW);
        for (size_t i = 0; i < w.n_approvals; i++)
                assert(w.approvals[i].expires > NOW);
        ask(&w, h);
        words_done(&w);
}

static void load_last_good(const char *directory) {
        _cleanup_(estate_freep) Estate *e = NULL;
        SpecSource source;
        int r;

        spec_source_init(&source, "specs", directory);
        r = spec_source_read_last_good(&source, &e);
        assert(!e == (r < 0));
        spec_source_done(&source);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        const char *directory = scratch_directory();
        _cleanup_free_ char *words = path_join(directory, "words.json"),
                            *bad = path_join(directory, "words.json.bad"),
                            *good = path_join(directory, "last-good.json");
        Input in = input_of(data, size);
        size_t words_size = 0, good_size = 0;
        _cleanup_free_ char *words_text = input_part(&in, &words_size),
                            *good_text = input_part(&in, &good_size);

        put_file(words, words_text, words_size);
        load_words(directory, hand_estate());
        if (good_text) {
                put_file(good, good_text, good_size);
                load_last_good(directory);
        }
        (void) unlink(words);
        (void) unlink(bad);
        (void) unlink(good);
        return 0;
}
