/* Time. usec_t counts microseconds; what it counts from (the boot, the epoch) is said where it is declared. Decisions take
 * 'now' as an argument; only the loop asks a clock. Calendar text never depends on the locale. */
#pragma once

#include "macro.h"

typedef uint64_t usec_t;

#define USEC_PER_MSEC   ((usec_t) 1000)
#define USEC_PER_SEC    ((usec_t) 1000000)
#define USEC_PER_MINUTE (60 * USEC_PER_SEC)
#define USEC_PER_HOUR   (60 * USEC_PER_MINUTE)
#define USEC_PER_DAY    (24 * USEC_PER_HOUR)
#define USEC_INFINITY   UINT64_MAX

usec_t now_monotonic(void); /* since boot: for intervals */
usec_t now_realtime(void);  /* since the epoch: for people and for dates in requests */

/* "2026-02-12T03:12:44Z", and with milliseconds "….123Z". Buffers hold TIME_TEXT_SIZE bytes; they are returned. */
#define TIME_TEXT_SIZE 80 /* room for any number, whatever a compiler believes of one */
const char *format_rfc3339(usec_t epoch_usec, char buffer[static TIME_TEXT_SIZE]);
const char *format_rfc3339_msec(usec_t epoch_usec, char buffer[static TIME_TEXT_SIZE]);
/* Accepts fractions and a numeric offset. -EINVAL otherwise. */
int parse_rfc3339(const char *s, usec_t *ret_epoch_usec);

/* IMF-fixdate, "Wed, 14 Jan 2026 09:08:07 GMT": the Date header. */
const char *format_http_date(usec_t epoch_usec, char buffer[static TIME_TEXT_SIZE]);
int parse_http_date(const char *s, usec_t *ret_epoch_usec);

/* "15s", "500ms", "2h", "1h30m", "7d": one or more numbers with units, nothing else. -EINVAL, or -ERANGE over 10 years. */
int parse_duration(const char *s, usec_t *ret_usec);
/* ISO 8601 as far as hours, minutes and seconds go: "PT60M", "PT1H30M". -EINVAL otherwise, -ERANGE over 10 years. */
int parse_iso_duration(const char *s, usec_t *ret_usec);
/* What a person reads: "4 s", "12 m", "3 h", "8 d". */
const char *format_ago(usec_t usec, char buffer[static TIME_TEXT_SIZE]);
