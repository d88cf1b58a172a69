/* The simulator's state: regions, clock, random numbers, and putting a request to the service that its
 * host names. */
#include "sim.h"

#include <openssl/evp.h>

#include "base/alloc.h"
#include "calls.h"
#include "faults.h"
#include "kind.h"
#include "kube/kube.h"
#include "options.h"
#include "retry-token.h"
#include "store.h"
#include "timer.h"

/* The compartment is the one of the estate's log; the others only have to exist. */
#define TENANCY "ocid1.tenancy.oc1..aaaaaaaaq5wn3dl2x7v6ko4e2tzsih3rmbpyc6uj7fgadwxy5lkqvo2nehta"
#define USER    "ocid1.user.oc1..aaaaaaaa2kd6yxvmpq7r4twnz3hcjb5laeg6sfouixkmw7dy2zqnvrt4bcpa"

static const Compartment compartment_table[N_COMPARTMENTS] = {
        { TENANCY, "tenancy", NULL },
        { "ocid1.compartment.oc1..aaaaaaaal7vn7wsy3qgizklrlfgo2vllfta3wkqlnfkvykoroite3lzxbnna",
          "multicluster", TENANCY },
        { "ocid1.compartment.oc1..aaaaaaaavd4qk6x2pnm7rt5ezwo3yjshcbgu6lfai2kxqdm7nvw4tzr5eoha", "platform",
          TENANCY },
        { "ocid1.compartment.oc1..aaaaaaaahx5tz7bnq2wlv6ma3kpr4dyoecsj6ugif5qkzx2tnwm7vbh3ldra", "sandbox",
          TENANCY },
};

void sim_init(Sim *sim, double speed, uint64_t seed) {
        *sim = (Sim) {
                .regions = {
                        { .sim = sim, .name = "us-sanjose-1", .key = "SJC", .n_ads = 1, .is_home = true },
                        { .sim = sim, .name = "us-chicago-1", .key = "ORD", .n_ads = 3 },
                },
                .tenancy = TENANCY,
                .user = USER,
                .ad_prefix = "Qzkv",
                .speed = speed,
                .seed = seed,
                .lifecycles = timer_heap_new(),
                .options = options_new(),
                .log = call_log_new(),
                .faults = faults_new(),
        };
        memcpy(sim->compartments, compartment_table, sizeof compartment_table);

        /* Streams of their own, so that paging, say, does not change which ids come out. */
        rng_init(&sim->ids, seed);
        rng_init(&sim->etags, seed ^ 0x5555555555555555u);
        rng_init(&sim->pages, seed ^ 0x3333333333333333u);
        rng_init(&sim->orders, seed ^ 0x0f0f0f0f0f0f0f0fu);
}

void sim_done(Sim *sim) {
        kube_free(sim->kube);
        store_done(sim);
        retry_tokens_done(sim);
        timer_heap_free(sim->lifecycles);
        cJSON_Delete(sim->options);
        call_log_free(sim->log);
        faults_free(sim->faults);
        EVP_PKEY_free(sim->key);
        free(sim->key_fingerprint);
}

Region *sim_region(Sim *sim, const char *name) {
        for (size_t i = 0; i < N_REGIONS; i++)
                if (streq_ptr(sim->regions[i].name, name))
                        return &sim->regions[i];
        return NULL;
}

const Compartment *sim_compartment(const Sim *sim, const char *id) {
        for (size_t i = 0; i < N_COMPARTMENTS; i++)
                if (streq_ptr(sim->compartments[i].id, id))
                        return &sim->compartments[i];
        return NULL;
}

char *region_ad_name(const Region *region, unsigned ad) {
        _cleanup_free_ char *upper = xstrdup(region->name);

        for (char *p = upper; *p; p++)
                if (*p >= 'a' && *p <= 'z')
                        *p = (char) (*p - 'a' + 'A');
        return xasprintf("%s:%s-AD-%u", region->sim->ad_prefix, upper, ad);
}

bool region_has_ad(const Region *region, const char *name) {
        for (unsigned ad = 1; ad <= region->n_ads; ad++) {
                _cleanup_free_ char *its = region_ad_name(region, ad);

                if (streq(its, name))
                        return true;
        }
        return false;
}

usec_t sim_time(const Sim *sim) {
        return now_monotonic() + sim->advanced_usec;
}

void sim_advance(Sim *sim, usec_t span) {
        usec_t end = sim_time(sim) + span;

        for (usec_t next; (next = timer_heap_next(sim->lifecycles)) <= end;) {
                if (next > sim_time(sim))
                        sim->advanced_usec += next - sim_time(sim);
                timer_heap_run(sim->lifecycles, sim_time(sim));
        }
        if (end > sim_time(sim))
                sim->advanced_usec += end - sim_time(sim);
}

usec_t sim_wall_clock(const Sim *sim) {
        int64_t skew = (int64_t) (option_number(sim, "clockSkewSeconds") * 1e6);

        return now_realtime() + (usec_t) skew;
}

usec_t sim_scaled(const Sim *sim, double seconds) {
        return (usec_t) (seconds * 1e6 / sim->speed);
}
