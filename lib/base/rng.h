/* Random numbers that a seed repeats: jitter, and whatever the simulator shuffles. Not for keys. */
#pragma once

#include <stdint.h>

typedef struct Rng {
        uint64_t state;
} Rng;

void rng_init(Rng *r, uint64_t seed);
uint64_t rng_next(Rng *r);
uint64_t rng_below(Rng *r, uint64_t n); /* 0..n-1; n > 0 */
double rng_unit(Rng *r);                /* [0, 1) */
uint64_t rng_seed_from_system(void);
