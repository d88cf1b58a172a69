/* Whether writes have their effect: what was written and never seen, and what somebody sets back each
 * time. */
#include "converge.h"

#include "base/encode.h"

#define FIGHT_MEMORY      (10 * USEC_PER_MINUTE) /* a drift that comes later is another story */
#define FIGHT_FORGETS     USEC_PER_HOUR
#define UNCONVERGED_FIRST (10 * USEC_PER_SEC)
#define UNCONVERGED_MOST  (10 * USEC_PER_MINUTE)
#define DIGEST_SIZE       12

static void difference_digest(const Difference *d, char ret[static DIGEST_SIZE + 1]) {
        _cleanup_free_ char *text = xasprintf("%s\n%s", d->path, d->want_text ? d->want_text : "");
        _cleanup_free_ char *hex = sha256_hex(text, strlen(text));

        memcpy(ret, hex, DIGEST_SIZE);
        ret[DIGEST_SIZE] = '\0';
}

/* One digest per difference, each followed by a space. */
static char *digests_of(const Differences *ds) {
        Str b = {};

        for (size_t i = 0; i < ds->n; i++) {
                char digest[DIGEST_SIZE + 1];

                difference_digest(&ds->d[i], digest);
                str_addf(&b, "%s ", digest);
        }
        return str_take(&b);
}

/* How many of the noted differences are there (again). */
static size_t count_present(const char *noted, const Differences *ds, size_t *ret_noted) {
        size_t n = 0;

        *ret_noted = strlen(noted) / (DIGEST_SIZE + 1);
        for (size_t i = 0; i < ds->n; i++) {
                char digest[DIGEST_SIZE + 1];

                difference_digest(&ds->d[i], digest);
                n += strstr(noted, digest) != NULL;
        }
        return n;
}

void converge_note_write(Resource *r, const Differences *ds, usec_t ended) {
        r->wrote = ended;
        if (ds->n == 0)
                return;
        free(r->wrote_digest);
        r->wrote_digest = digests_of(ds);
}

/* Everything that the assessment rests on was read after our last write to it. */
static bool is_judged_on_fresh_sight(const Resource *r) {
        const Assessment *a = &r->assessment;

        if (r->call || a->look || a->look_sub || a->look_listing || a->verdict == VERDICT_UNKNOWN)
                return false;
        for (size_t i = 0; i < a->n_actions; i++)
                for (size_t j = 0; j < ARRAY_SIZE(a->actions[i]->basis); j++)
                        if (a->actions[i]->basis[j] && !observed_is_current(a->actions[i]->basis[j]))
                                return false;
        if (!r->observed)
                return r->kind->flags & KIND_NOT_CLOUD;
        if (!observed_is_current(r->observed) || r->observed->life != LIFE_READY)
                return false;
        for (size_t i = 0; i < r->observed->n_subs; i++)
                if (r->observed->subs[i].begun < r->observed->subs[i].written)
                        return false;
        return true;
}

static usec_t doubled(usec_t first, usec_t most, unsigned n) {
        for (; n > 1 && first < most; n--)
                first *= 2;
        return MIN(first, most);
}

static bool update_convergence(Resource *r, usec_t now, double speed) {
        size_t noted, present;
        double wait;

        if (!r->wrote_digest)
                return false;
        present = count_present(r->wrote_digest, &r->assessment.differences, &noted);
        if (present >= noted) {
                free(TAKE_PTR(r->wrote_digest)); /* the next write notes its own */
                r->unconverged++;
                wait = (double) doubled(UNCONVERGED_FIRST, UNCONVERGED_MOST, r->unconverged) / speed;
                r->not_before = now + (usec_t) wait;
                return true;
        }
        /* A write's own reply may say what the service then does not keep: it convicts, but it does not acquit. */
        if (r->observed && r->observed->begun <= r->wrote)
                return false;
        free(r->mended_digest);
        r->mended_digest = TAKE_PTR(r->wrote_digest);
        r->mended = now;
        r->unconverged = 0;
        return true;
}

static bool update_fight(Resource *r, usec_t now, double speed) {
        size_t noted;

        if (r->fight_rounds > 0 && (double) (now - r->fight_begun) * speed > (double) FIGHT_FORGETS) {
                r->fight_rounds = 0;
                return true;
        }
        if (!r->mended_digest || count_present(r->mended_digest, &r->assessment.differences, &noted) == 0)
                return false;
        free(TAKE_PTR(r->mended_digest)); /* one drift is one round */
        if ((double) (now - r->mended) * speed > (double) FIGHT_MEMORY)
                return false;
        if (r->fight_rounds++ == 0)
                r->fight_begun = now;
        return true;
}

bool converge_update(Resource *r, usec_t now, double speed) {
        bool changed = false;

        if (!is_judged_on_fresh_sight(r))
                return false;
        /* Whoever gave up writing notes no new write, so the count goes down only when the differences do. */
        if (r->unconverged > 0 && !r->wrote_digest && r->assessment.differences.n == 0) {
                r->unconverged = 0;
                changed = true;
        }
        changed = update_fight(r, now, speed) || changed;
        return update_convergence(r, now, speed) || changed;
}

void converge_retry(Resource *r) {
        free(TAKE_PTR(r->wrote_digest));
        free(TAKE_PTR(r->mended_digest));
        r->unconverged = 0;
        r->fight_rounds = 0;
        r->attempts = 0;
        r->not_before = 0;
}

void converge_reset(Resource *r) {
        converge_retry(r);
        r->token_round = 0;
        api_error_done(&r->last_error);
}

/* meaning                          first   factor  at most
 * changed meanwhile                1 s     1.5     30 s      look again at once, but never in a tight circle
 * retry token used, hidden refs    1 s     2       30 s
 * busy                             2 s     1.5     30 s      the parent's transition ends soon
 * conflict, exists                 5 s     2       5 min     changes, but not by waiting alone
 * credential                       10 s    2       5 min     a renewed key or clock is seen without a restart
 * invalid, limit, forbidden        30 s    2       10 min    a person has to act
 * no answer, 5xx, 429              1 s     2       30 s */
usec_t converge_delay(ErrorMeaning meaning, unsigned n) {
        usec_t first = USEC_PER_SEC, most = 30 * USEC_PER_SEC;
        unsigned percent = 200;

        switch (meaning) {
        case ERROR_ETAG:
                percent = 150;
                break;
        case ERROR_BUSY:
                first = 2 * USEC_PER_SEC;
                percent = 150;
                break;
        case ERROR_CONFLICT:
        case ERROR_EXISTS:
                first = 5 * USEC_PER_SEC;
                most = 5 * USEC_PER_MINUTE;
                break;
        case ERROR_AUTH:
                first = 10 * USEC_PER_SEC;
                most = 5 * USEC_PER_MINUTE;
                break;
        case ERROR_INVALID:
        case ERROR_LIMIT:
        case ERROR_FORBIDDEN:
        case ERROR_NO_SUCH_CALL:
                first = 30 * USEC_PER_SEC;
                most = 10 * USEC_PER_MINUTE;
                break;
        case ERROR_NONE:
        case ERROR_UNKNOWN_OR_FORBIDDEN:
        case ERROR_RELATED_UNKNOWN:
        case ERROR_TOKEN_USED:
        case ERROR_THROTTLED:
        case ERROR_SERVER:
        case ERROR_GARBLED:
        case ERROR_TRANSPORT:
        case _ERROR_MEANING_MAX:
                break;
        }
        for (; n > 1 && first < most; n--)
                first = first / 100 * percent;
        return MIN(first, most);
}
