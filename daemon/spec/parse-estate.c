/* The Estate document and the Region documents. */
#include "loader.h"

#include "oci/ocid.h"
#include "oci/region.h"

#define INTERVAL_DEFAULT    (15 * USEC_PER_SEC)
#define INTERVAL_MIN        (5 * USEC_PER_SEC)
#define INTERVAL_MAX        USEC_PER_HOUR
#define DISRUPTIONS_DEFAULT 6
#define DISRUPTIONS_MAX     3600

static const char *const estate_keys[] = { "kind", "name",     "compartment", "mode",
                                           "auth", "interval", "policy",      NULL };
static const char *const auth_keys[] = { "principal", "profile", NULL };
static const char *const principals[] = { "api-key", "session-token", "instance", NULL };
static const char *const modes[] = { "observe", "enforce", NULL };
static const char *const gates[] = { "automatic", "approve", "never", NULL };
static const char *const compartment_types[] = { "compartment", "tenancy", NULL };

bool parse_policy(Loader *l, const YamlNode *n, Gate policy[static _VERB_MAX], bool own[static _VERB_MAX],
                  unsigned *ret_disruptions) {
        _cleanup_choices_ Choices words = {};
        _cleanup_map_ SpecMap m = {};
        const YamlNode *disruptions;
        int64_t v;

        for (Verb verb = 0; verb < _VERB_MAX; verb++)
                choices_add(&words, verb_to_string(verb));
        if (ret_disruptions)
                choices_add(&words, "disruptionsPerHour");
        if (!map_open(l, n, &words, "policy", &m))
                return false;
        for (Verb verb = 0; verb < _VERB_MAX; verb++) {
                const YamlNode *value = map_get(&m, verb_to_string(verb));
                int gate = value ? parse_word(l, value, verb_to_string(verb), gates) : -1;

                if (gate < 0)
                        continue;
                policy[verb] = gate_from_string(gates[gate]);
                own[verb] = true;
        }
        disruptions = ret_disruptions ? map_get(&m, "disruptionsPerHour") : NULL;
        if (disruptions && parse_number(l, disruptions, "disruptionsPerHour", 1, DISRUPTIONS_MAX, &v))
                *ret_disruptions = (unsigned) v;
        return true;
}

/* The estate's name is the value of a tag and stands in the mark of every rule, the region's begins every address. */
static char *parse_short_name(Loader *l, const YamlNode *n, const char *what) {
        const char *name = parse_text(l, n, "name", 1, 64);

        if (name && name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-")]) {
                fail(l, n, "the name of %s takes small letters, digits and '-'", what);
                return NULL;
        }
        return xstrdup(name);
}

static void parse_auth(Loader *l, const YamlNode *n) {
        _cleanup_choices_ Choices words = {};
        _cleanup_map_ SpecMap m = {};
        const YamlNode *principal, *profile;

        choices_add_table(&words, auth_keys);
        if (!map_open(l, n, &words, "auth", &m))
                return;
        principal = map_get(&m, "principal");
        profile = map_get(&m, "profile");
        if (principal) {
                int i = parse_word(l, principal, "principal", principals);

                l->estate->principal = i < 0 ? PRINCIPAL_API_KEY : (PrincipalKind) i;
        }
        if (profile)
                l->estate->profile = xstrdup(parse_text(l, profile, "profile", 1, 255));
        if (profile && l->estate->principal == PRINCIPAL_INSTANCE)
                fail(l, profile, "an instance principal has no profile: leave 'profile' out");
}

static void parse_interval(Loader *l, const YamlNode *n) {
        usec_t v;

        if (!is_text(n) || parse_duration(n->value, &v) < 0) {
                fail_type(l, n, "interval", "a duration such as 15s");
                return;
        }
        if (v < INTERVAL_MIN || v > INTERVAL_MAX) {
                fail_type(l, n, "interval", "5s to 1h");
                return;
        }
        l->estate->interval = v;
}

static void set_defaults(Estate *e) {
        e->mode = MODE_OBSERVE;
        e->principal = PRINCIPAL_API_KEY;
        e->interval = INTERVAL_DEFAULT;
        e->disruptions_per_hour = DISRUPTIONS_DEFAULT;
        for (Verb v = 0; v < _VERB_MAX; v++)
                e->policy[v] = v == VERB_ADOPT || v == VERB_UPDATE || v == VERB_HEAL ? GATE_AUTOMATIC
                                                                                     : GATE_APPROVE;
}

static void parse_estate_document(Loader *l, const Document *d) {
        const YamlNode *name, *compartment, *mode, *auth, *interval, *policy;
        bool own[_VERB_MAX] = {};
        _cleanup_choices_ Choices words = {};
        _cleanup_map_ SpecMap m = {};
        Estate *e = l->estate;

        choices_add_table(&words, estate_keys);
        if (!map_open(l, d->root, &words, "Estate", &m))
                return;
        name = map_get(&m, "name");
        compartment = map_get(&m, "compartment");
        mode = map_get(&m, "mode");
        auth = map_get(&m, "auth");
        interval = map_get(&m, "interval");
        policy = map_get(&m, "policy");
        if (!name)
                hint(fail(l, d->root, "the Estate has no 'name'"),
                     "it marks whatever tandem owns, and is never changed");
        if (!compartment)
                hint(fail(l, d->root, "the Estate has no 'compartment'"),
                     "the OCID of the compartment that holds it");
        e->name = name ? parse_short_name(l, name, "an Estate") : NULL;
        if (compartment && check_ocid(l, compartment, "compartment", compartment_types, NO_REGION))
                e->compartment = xstrdup(compartment->value);
        if (mode) {
                int i = parse_word(l, mode, "mode", modes);

                e->mode = i < 0 ? MODE_OBSERVE : mode_from_string(modes[i]);
        }
        if (auth)
                parse_auth(l, auth);
        if (interval)
                parse_interval(l, interval);
        if (policy)
                (void) parse_policy(l, policy, e->policy, own, &e->disruptions_per_hour);
}

void parse_estate(Loader *l) {
        const Document *first = NULL;

        set_defaults(l->estate);
        for (size_t i = 0; i < l->n_documents; i++) {
                const Document *d = l->documents + i;

                l->file = d->file;
                if (!d->is_estate || d->is_lost)
                        continue;
                if (first) {
                        hint(fail(l, d->root,
                                  "a second Estate: the files of one daemon declare exactly one"),
                             "the first is at %s:%u", l->estate->files[first->file], first->root->mark.line);
                        continue;
                }
                first = d;
                parse_estate_document(l, d);
        }
        if (!first && !l->lost_all)
                hint(fail_at(l, (Place){ .line = 1, .column = 1, .width = 1 }, "no document is an Estate"),
                     "one says its name, compartment and mode");
}

static void region_words(Choices *words) {
        static const char *const keys[] = { "kind", "name", "region", NULL };

        choices_add_table(words, keys);
        for (size_t i = 0; kinds[i]; i++)
                if (kinds[i]->section && !kinds[i]->parent)
                        choices_add(words, kinds[i]->section);
}

/* Says OCI's identifier of the region, or NULL after an error. */
static const char *parse_identifier(Loader *l, const YamlNode *n) {
        const char *said = parse_text(l, n, "region", 1, 64), *identifier;
        SpecDiagnostic *d;

        if (!said)
                return NULL;
        identifier = oci_region_identifier(said);
        if (identifier && streq(identifier, said))
                return identifier;
        d = fail(l, n, "'%s' is not a region that tandem knows", said);
        hint_did_you_mean(d, identifier ? identifier : oci_region_nearest(said));
        return NULL;
}

static void check_region(Loader *l, const YamlNode *n, const EstateRegion *r) {
        const EstateRegion *first = l->estate->regions;

        for (size_t i = 0; i < l->estate->n_regions; i++) {
                if (streq(first[i].region, r->region)) {
                        fail(l, n, "%s is region '%s' already", r->region, first[i].name);
                        return;
                }
        }
        if (l->estate->n_regions > 0 && !streq(oci_region_realm(r->region), oci_region_realm(first->region)))
                fail(l, n, "%s is of realm %s, and %s of %s: an estate lies in one realm", r->region,
                     oci_region_realm(r->region), first->region, oci_region_realm(first->region));
}

static bool region_is_new(Loader *l, const YamlNode *n, const char *name) {
        for (size_t i = 0; i < l->estate->n_regions; i++) {
                const EstateRegion *r = l->estate->regions + i;

                if (!streq(r->name, name))
                        continue;
                hint(fail(l, n, "region '%s' is declared twice", name), "the first is at %s:%u",
                     l->estate->files[r->mark.file], r->mark.line);
                return false;
        }
        return true;
}

/* False when nothing below it can be read, for its name begins every address. */
static bool parse_region(Loader *l, Document *d) {
        const YamlNode *name, *region;
        _cleanup_choices_ Choices words = {};
        _cleanup_free_ char *text = NULL;
        const char *identifier;
        EstateRegion r;

        region_words(&words);
        if (!map_open(l, d->root, &words, "Region", &d->map))
                return false;
        name = map_get(&d->map, "name");
        region = map_get(&d->map, "region");
        if (!name)
                fail(l, d->root, "this Region has no 'name'");
        if (!region)
                hint(fail(l, d->root, "this Region has no 'region'"),
                     "OCI's identifier, such as us-sanjose-1");
        identifier = region ? parse_identifier(l, region) : NULL;
        text = name ? parse_short_name(l, name, "a Region") : NULL;
        if (!text || !region_is_new(l, name, text))
                return false;
        r = (EstateRegion){ .name = TAKE_PTR(text),
                            .region = xstrdup(identifier ? identifier : ""),
                            .mark = mark_of(l, name) };
        if (identifier)
                check_region(l, region, &r);
        d->region = (unsigned) l->estate->n_regions;
        array_push(l->estate->regions, l->estate->n_regions, r);
        return true;
}

void parse_regions(Loader *l) {
        for (size_t i = 0; i < l->n_documents; i++) {
                Document *d = l->documents + i;

                l->file = d->file;
                if (!d->is_region || d->is_lost || parse_region(l, d))
                        continue;
                d->is_lost = true;
                l->lost_all = true;
        }
        if (l->estate->n_regions == 0 && !l->lost_all)
                fail_at(l, (Place){ .line = 1, .column = 1, .width = 1 },
                        "no document is a Region, so the estate is empty");
}
