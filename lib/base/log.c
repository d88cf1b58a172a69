/* One sentence with its fields, to the journal or to stderr. */
#include "log.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>

#include "str.h"

static struct {
        const char *identifier;
        int max_level;
        bool journal;
} config = { .identifier = "tandem", .max_level = LOG_INFO };

/* The service manager names the device and inode of the stream that it connected to the journal. */
static bool stderr_is_journal(void) {
        const char *e = getenv("JOURNAL_STREAM");
        unsigned long long device, inode;
        struct stat st;

        return e && sscanf(e, "%llu:%llu", &device, &inode) == 2 && fstat(2, &st) == 0 &&
               st.st_dev == device && st.st_ino == inode;
}

void log_open(const char *identifier) {
        config.identifier = identifier;
        config.journal = stderr_is_journal();
}

void log_set_max_level(int level) {
        config.max_level = level;
}

static void send_journal(int level, const char *message, const LogField *fields, size_t n_fields) {
        struct iovec *v = xnew(struct iovec, n_fields + 3);
        size_t n = 0;

        v[n++].iov_base = xasprintf("MESSAGE=%s", message);
        v[n++].iov_base = xasprintf("PRIORITY=%d", level);
        v[n++].iov_base = xasprintf("SYSLOG_IDENTIFIER=%s", config.identifier);
        for (size_t i = 0; i < n_fields; i++)
                if (fields[i].value)
                        v[n++].iov_base = xasprintf("%s=%s", fields[i].name, fields[i].value);
        for (size_t i = 0; i < n; i++)
                v[i].iov_len = strlen(v[i].iov_base);
        (void) sd_journal_sendv(v, (int) n);
        for (size_t i = 0; i < n; i++)
                free(v[i].iov_base);
        free(v);
}

void log_fields(int level, const LogField *fields, size_t n_fields, const char *format, ...) {
        _cleanup_free_ char *message = NULL;
        va_list ap;

        if (level > config.max_level)
                return;
        va_start(ap, format);
        message = xvasprintf(format, ap);
        va_end(ap);
        for (char *c = message; *c; c++)
                if ((unsigned char) *c < 0x20)
                        *c = ' '; /* one sentence, one line, whatever a server put into its message */
        if (config.journal)
                send_journal(level, message, fields, n_fields);
        else
                fprintf(stderr, "%s: %s\n", config.identifier, message);
}
