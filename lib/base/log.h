/* Logging: a sentence for people, fields for queries. Under systemd both go to the journal; elsewhere one line to stderr.
 *
 *   error    we gave up                warning  we go on without      notice  the cloud changed because of us
 *   info     rare                      debug    free
 *
 * What may repeat every poll is logged on change only. Secrets have no formatter. */
#pragma once

#include <syslog.h>

#include "macro.h"

/* 'name' is upper case, as the journal wants it. Values are borrowed for the call; NULL values are left out. */
typedef struct LogField {
        const char *name;
        const char *value;
} LogField;

void log_open(const char *identifier); /* journal when stderr is connected to it, else stderr */
void log_set_max_level(int level);     /* LOG_NOTICE by default … LOG_DEBUG */

void log_fields(int level, const LogField *fields, size_t n_fields, const char *format, ...) _printf_(4, 5);

#define log_full(level, ...) log_fields((level), NULL, 0, __VA_ARGS__)
#define log_error(...)       log_full(LOG_ERR, __VA_ARGS__)
#define log_warning(...)     log_full(LOG_WARNING, __VA_ARGS__)
#define log_notice(...)      log_full(LOG_NOTICE, __VA_ARGS__)
#define log_info(...)        log_full(LOG_INFO, __VA_ARGS__)
#define log_debug(...)       log_full(LOG_DEBUG, __VA_ARGS__)
