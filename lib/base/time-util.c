/* Clocks, calendar text and durations. Days are counted by the civil calendar, so no time zone or locale is consulted. */
#include "time-util.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

static usec_t now(clockid_t clock) {
        struct timespec ts;

        clock_gettime(clock, &ts);
        return (usec_t) ts.tv_sec * USEC_PER_SEC + (usec_t) ts.tv_nsec / 1000;
}

usec_t now_monotonic(void) {
        return now(CLOCK_BOOTTIME);
}

usec_t now_realtime(void) {
        return now(CLOCK_REALTIME);
}

static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
static const char weekdays[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };

typedef struct Civil {
        unsigned year, month, day, hour, minute, second;
} Civil;

/* Days since 1970-01-01 of a date in the proleptic Gregorian calendar; months count from March, so leap days come last. */
static int64_t civil_to_days(unsigned year, unsigned month, unsigned day) {
        int64_t y = (int64_t) year - (month <= 2), era = y / 400;
        int64_t yoe = y - era * 400,
                doy = (153 * ((int64_t) month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

        return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static Civil civil_from_seconds(uint64_t seconds) {
        uint64_t z = seconds / 86400 + 719468, era = z / 146097, doe = z - era * 146097;
        uint64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
        uint64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
        unsigned month = (unsigned) (mp < 10 ? mp + 3 : mp - 9);

        return (Civil){
                .year = (unsigned) (yoe + era * 400 + (month <= 2)),
                .month = month,
                .day = (unsigned) (doy - (153 * mp + 2) / 5 + 1),
                .hour = (unsigned) (seconds / 3600 % 24),
                .minute = (unsigned) (seconds / 60 % 60),
                .second = (unsigned) (seconds % 60),
        };
}

static bool civil_valid(const Civil *c) {
        static const unsigned char length[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

        return c->year >= 1970 && c->year <= 9999 && c->month >= 1 && c->month <= 12 && c->day >= 1 &&
               c->day <= length[c->month - 1] && c->hour < 24 && c->minute < 60 && c->second <= 60;
}

static int64_t civil_to_seconds(const Civil *c) {
        return civil_to_days(c->year, c->month, c->day) * 86400 + c->hour * 3600 + c->minute * 60 +
               c->second;
}

const char *format_rfc3339(usec_t epoch_usec, char buffer[static TIME_TEXT_SIZE]) {
        Civil c = civil_from_seconds(epoch_usec / USEC_PER_SEC);

        snprintf(buffer, TIME_TEXT_SIZE, "%04u-%02u-%02uT%02u:%02u:%02uZ", c.year % 10000, c.month, c.day,
                 c.hour, c.minute, c.second);
        return buffer;
}

const char *format_rfc3339_msec(usec_t epoch_usec, char buffer[static TIME_TEXT_SIZE]) {
        Civil c = civil_from_seconds(epoch_usec / USEC_PER_SEC);

        snprintf(buffer, TIME_TEXT_SIZE, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", c.year % 10000, c.month,
                 c.day, c.hour, c.minute, c.second, (unsigned) (epoch_usec / USEC_PER_MSEC % 1000));
        return buffer;
}

static int parse_offset(const char *s, int64_t *ret_seconds) {
        unsigned hours, minutes;
        char sign;
        int n = 0;

        if (streq(s, "Z") || streq(s, "z")) {
                *ret_seconds = 0;
                return 0;
        }
        if (sscanf(s, "%c%2u:%2u%n", &sign, &hours, &minutes, &n) != 3 || s[n] ||
            (sign != '+' && sign != '-') || hours > 23 || minutes > 59)
                return -EINVAL;
        *ret_seconds = (sign == '-' ? -1 : 1) * (int64_t) (hours * 3600 + minutes * 60);
        return 0;
}

int parse_rfc3339(const char *s, usec_t *ret_epoch_usec) {
        usec_t fraction = 0, unit = USEC_PER_SEC / 10;
        int64_t offset, seconds;
        Civil c;
        int n = 0, r;

        if (sscanf(s, "%4u-%2u-%2uT%2u:%2u:%2u%n", &c.year, &c.month, &c.day, &c.hour, &c.minute, &c.second,
                   &n) != 6 ||
            n != 19 || !civil_valid(&c))
                return -EINVAL;
        s += n;
        if (*s == '.') {
                for (s++; *s >= '0' && *s <= '9'; s++, unit /= 10)
                        fraction += (usec_t) (*s - '0') * unit;
        }
        r = parse_offset(s, &offset);
        if (r < 0)
                return r;
        seconds = civil_to_seconds(&c) - offset;
        if (seconds < 0)
                return -EINVAL;
        *ret_epoch_usec = (usec_t) seconds * USEC_PER_SEC + fraction;
        return 0;
}

const char *format_http_date(usec_t epoch_usec, char buffer[static TIME_TEXT_SIZE]) {
        uint64_t seconds = epoch_usec / USEC_PER_SEC;
        Civil c = civil_from_seconds(seconds);

        snprintf(buffer, TIME_TEXT_SIZE, "%s, %02u %s %04u %02u:%02u:%02u GMT",
                 weekdays[(seconds / 86400 + 4) % 7], c.day, months[c.month - 1], c.year % 10000, c.hour,
                 c.minute, c.second);
        return buffer;
}

int parse_http_date(const char *s, usec_t *ret_epoch_usec) {
        char month[4] = "";
        Civil c = {};
        int n = 0;

        if (sscanf(s, "%*3c, %2u %3c %4u %2u:%2u:%2u GMT%n", &c.day, month, &c.year, &c.hour, &c.minute,
                   &c.second, &n) != 6 ||
            n == 0 || s[n])
                return -EINVAL;
        for (unsigned i = 0; i < ARRAY_SIZE(months); i++)
                if (streq(months[i], month))
                        c.month = i + 1;
        if (!civil_valid(&c))
                return -EINVAL;
        *ret_epoch_usec = (usec_t) civil_to_seconds(&c) * USEC_PER_SEC;
        return 0;
}

int parse_duration(const char *s, usec_t *ret_usec) {
        static const struct {
                const char *name;
                usec_t usec;
        } units[] = {
                { "ms", USEC_PER_MSEC }, { "s", USEC_PER_SEC }, { "m", USEC_PER_MINUTE },
                { "h", USEC_PER_HOUR },  { "d", USEC_PER_DAY },
        };
        usec_t total = 0;

        if (!*s)
                return -EINVAL;
        while (*s) {
                usec_t number = 0;
                size_t digits = strspn(s, "0123456789"), length, i;

                if (digits == 0 || digits > 12)
                        return digits ? -ERANGE : -EINVAL;
                for (i = 0; i < digits; i++)
                        number = number * 10 + (usec_t) (s[i] - '0');
                s += digits;
                length = strspn(s, "mshd");
                for (i = 0; i < ARRAY_SIZE(units); i++)
                        if (strlen(units[i].name) == length && strncmp(s, units[i].name, length) == 0)
                                break;
                if (i == ARRAY_SIZE(units))
                        return -EINVAL;
                if (number > 3660 * USEC_PER_DAY / units[i].usec)
                        return -ERANGE;
                total += number * units[i].usec;
                if (total > 3660 * USEC_PER_DAY)
                        return -ERANGE;
                s += length;
        }
        *ret_usec = total;
        return 0;
}

int parse_iso_duration(const char *s, usec_t *ret_usec) {
        static const struct {
                char name;
                usec_t usec;
        } units[] = { { 'H', USEC_PER_HOUR }, { 'M', USEC_PER_MINUTE }, { 'S', USEC_PER_SEC } };
        usec_t total = 0;

        if (s[0] != 'P' || s[1] != 'T' || !s[2])
                return -EINVAL;
        s += 2;
        for (size_t i = 0; i < ARRAY_SIZE(units) && *s; i++) {
                size_t digits = strspn(s, "0123456789");
                usec_t number = 0;

                if (digits == 0)
                        return -EINVAL;
                if (digits > 9)
                        return -ERANGE;
                if (s[digits] != units[i].name)
                        continue;
                for (; *s != units[i].name; s++)
                        number = number * 10 + (usec_t) (*s - '0');
                s++;
                if (number > 3660 * USEC_PER_DAY / units[i].usec)
                        return -ERANGE;
                total += number * units[i].usec;
        }
        if (*s)
                return -EINVAL;
        if (total > 3660 * USEC_PER_DAY)
                return -ERANGE;
        *ret_usec = total;
        return 0;
}

const char *format_ago(usec_t usec, char buffer[static TIME_TEXT_SIZE]) {
        const char *unit = "s";
        usec_t n = usec / USEC_PER_SEC;

        if (usec >= 2 * USEC_PER_DAY) {
                n = usec / USEC_PER_DAY;
                unit = "d";
        } else if (usec >= 2 * USEC_PER_HOUR) {
                n = usec / USEC_PER_HOUR;
                unit = "h";
        } else if (usec >= 2 * USEC_PER_MINUTE) {
                n = usec / USEC_PER_MINUTE;
                unit = "m";
        }
        snprintf(buffer, TIME_TEXT_SIZE, "%" PRIu64 " %s", n, unit);
        return buffer;
}
