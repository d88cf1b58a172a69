/* SplitMix64: one word of state, good enough spread, the same everywhere. */
#include "rng.h"

#include <stdlib.h>
#include <sys/random.h>

void rng_init(Rng *r, uint64_t seed) {
        r->state = seed;
}

uint64_t rng_next(Rng *r) {
        uint64_t z = (r->state += 0x9e3779b97f4a7c15u);

        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
}

uint64_t rng_below(Rng *r, uint64_t n) {
        return rng_next(r) % n;
}

double rng_unit(Rng *r) {
        return (double) (rng_next(r) >> 11) / 9007199254740992.0;
}

uint64_t rng_seed_from_system(void) {
        uint64_t seed;

        if (getrandom(&seed, sizeof seed, 0) != sizeof seed)
                abort(); /* cannot fail on a kernel that has the call */
        return seed;
}
