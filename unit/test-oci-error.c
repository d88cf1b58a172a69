/* lib/oci errors: the table, and bodies of every kind of hand. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/str.h"
#include "oci/error.h"

static void test_table_is_sound(void **state) {
        bool meaning_seen[_ERROR_MEANING_MAX] = {}, retry_seen[_RETRY_CLASS_MAX] = {};
        const ErrorClass *rows;
        size_t n;

        rows = error_class_table(&n);
        for (size_t i = 0; i < n; i++) {
                const ErrorClass *c = &rows[i];

                assert_ptr_equal(error_classify(c->status, c->code), c); /* no row hides another */
                assert_true(c->status == 200 ? c->error == 0 : c->error < 0);
                assert_int_equal(c->meaning == ERROR_NONE, c->error == 0);
                if (c->code)
                        assert_ptr_not_equal(error_classify(c->status, NULL), c);
                meaning_seen[c->meaning] = retry_seen[c->retry] = true;
        }
        for (int m = 0; m < _ERROR_MEANING_MAX; m++) {
                assert_true(meaning_seen[m]);
                assert_non_null(error_meaning_to_string((ErrorMeaning) m));
        }
        for (int r = 0; r < _RETRY_CLASS_MAX; r++) {
                assert_true(retry_seen[r]);
                assert_non_null(retry_class_to_string((RetryClass) r));
        }
}

static void test_classes(void **state) {
        static const struct {
                int status;
                const char *code;
                ErrorMeaning meaning;
                RetryClass retry;
                int error;
        } cases[] = {
                { 200, NULL, ERROR_NONE, RETRY_NEVER, 0 },
                { 204, NULL, ERROR_NONE, RETRY_NEVER, 0 },
                { 302, NULL, ERROR_GARBLED, RETRY_BACKOFF, -EBADMSG },
                { 400, "InvalidParameter", ERROR_INVALID, RETRY_NEVER, -EINVAL },
                { 400, "LimitExceeded", ERROR_LIMIT, RETRY_NEVER, -EDQUOT },
                { 400, "RelatedResourceNotAuthorizedOrNotFound", ERROR_RELATED_UNKNOWN, RETRY_LOOK_AGAIN,
                  -ENXIO },
                { 401, "NotAuthenticated", ERROR_AUTH, RETRY_FIX_CREDENTIAL, -EKEYREJECTED },
                { 403, "NotAllowed", ERROR_FORBIDDEN, RETRY_NEVER, -EPERM },
                { 404, "NotAuthorizedOrNotFound", ERROR_UNKNOWN_OR_FORBIDDEN, RETRY_LOOK_AGAIN, -ENOENT },
                { 404, "None", ERROR_UNKNOWN_OR_FORBIDDEN, RETRY_LOOK_AGAIN, -ENOENT },
                { 404, "NotFound", ERROR_NO_SUCH_CALL, RETRY_NEVER, -EOPNOTSUPP },
                { 409, "IncorrectState", ERROR_BUSY, RETRY_BACKOFF, -EBUSY },
                { 409, "Conflict", ERROR_CONFLICT, RETRY_LOOK_AGAIN, -ENOTEMPTY },
                { 409, "InvalidatedRetryToken", ERROR_TOKEN_USED, RETRY_NEW_TOKEN, -EALREADY },
                { 409, "NotAuthorizedOrResourceAlreadyExists", ERROR_EXISTS, RETRY_LOOK_AGAIN, -EEXIST },
                { 412, "NoEtagMatch", ERROR_ETAG, RETRY_LOOK_AGAIN, -ESTALE },
                { 413, "PayloadTooLarge", ERROR_INVALID, RETRY_NEVER, -EINVAL },
                { 418, NULL, ERROR_INVALID, RETRY_NEVER, -EINVAL },
                { 429, "TooManyRequests", ERROR_THROTTLED, RETRY_BACKOFF, -EAGAIN },
                { 500, "InternalServerError", ERROR_SERVER, RETRY_BACKOFF, -EREMOTEIO },
                { 501, "MethodNotImplemented", ERROR_NO_SUCH_CALL, RETRY_NEVER, -EOPNOTSUPP },
                { 503, "None", ERROR_SERVER, RETRY_BACKOFF, -EREMOTEIO },
                { 599, NULL, ERROR_SERVER, RETRY_BACKOFF, -EREMOTEIO },
                { 0, NULL, ERROR_TRANSPORT, RETRY_BACKOFF, -EIO },
                { 100, NULL, ERROR_GARBLED, RETRY_BACKOFF, -EBADMSG },
                { 999, NULL, ERROR_GARBLED, RETRY_BACKOFF, -EBADMSG },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                const ErrorClass *c = error_classify(cases[i].status, cases[i].code);

                assert_int_equal(c->meaning, cases[i].meaning);
                assert_int_equal(c->retry, cases[i].retry);
                assert_int_equal(c->error, cases[i].error);
        }
}

static void test_bodies(void **state) {
        static const struct {
                int status;
                const char *body, *code, *message;
        } cases[] = {
                { 404, "{\"code\":\"NotAuthorizedOrNotFound\",\"message\":\"vcn not found\"}",
                  "NotAuthorizedOrNotFound", "vcn not found" },
                { 409, "{\"code\":\"IncorrectState\",\"message\":\"a\\n\\tb\\u0007\\u001b[31m\"}",
                  "IncorrectState", "a b [31m" },
                { 409, "{\"code\":\"Incorrect State;\",\"message\":\"m\"}", "IncorrectState", "m" },
                { 502, "<html>\r\n<b>Bad  Gateway</b>\n", "None", "<html> <b>Bad Gateway</b>" },
                { 503, "", "None", "HTTP status 503 without an explanation" },
                { 503, " \n", "None", "HTTP status 503 without an explanation" },
                { 500, "[1]", "None", "[1]" },
                { 500, "{\"code\":7,\"message\":{}}", "None", "{\"code\":7,\"message\":{}}" },
                { 500, "{\"code\":\"X\"}", "X", "{\"code\":\"X\"}" },
                { 500,
                  "a\xff\xc2\x9b"
                  "b\xe2\x80\xae"
                  "c\xc3\xbc",
                  "None", "a? b c\xc3\xbc" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_(api_error_done) ApiError e = {};
                int r = api_error_from_reply(cases[i].status, cases[i].body, strlen(cases[i].body),
                                             "ID/1\n2", &e);

                assert_int_equal(r, error_classify(cases[i].status, cases[i].code)->error);
                assert_int_equal(e.status, cases[i].status);
                assert_string_equal(e.code, cases[i].code);
                assert_string_equal(e.message, cases[i].message);
                assert_string_equal(e.opc_request_id, "ID/12");
                assert_int_equal(e.meaning, error_classify(cases[i].status, cases[i].code)->meaning);
        }
}

static void test_long_messages(void **state) {
        _cleanup_str_ Str b = {};

        for (int i = 0; i < 100000; i++)
                str_add(&b, "\xc3\xbc");
        for (size_t skip = 0; skip < 2; skip++) {
                _cleanup_(api_error_done) ApiError e = {}, copy = {};

                (void) api_error_from_reply(500, b.s + skip, b.size - skip, NULL, &e);
                assert_in_range(strlen(e.message), API_MESSAGE_MAX - 4, API_MESSAGE_MAX);
                assert_true(utf8_is_valid(e.message, strlen(e.message)));
                assert_true(endswith(e.message, "…"));
                assert_null(e.opc_request_id);
                copy = api_error_copy(&e);
                assert_string_equal(copy.message, e.message);
                assert_int_equal(copy.retry, RETRY_BACKOFF);
        }
}

static void test_without_answer(void **state) {
        _cleanup_(api_error_done) ApiError e = {};

        assert_int_equal(api_error_set(&e, 0, NULL, ERROR_TRANSPORT, -ETIMEDOUT, "no answer in %d s", 5),
                         -ETIMEDOUT);
        assert_string_equal(e.message, "no answer in 5 s");
        assert_string_equal(e.code, "None");
        assert_int_equal(e.meaning, ERROR_TRANSPORT);
        assert_int_equal(e.retry, RETRY_BACKOFF);
        api_error_done(&e);
        (void) api_error_set(&e, 0, NULL, ERROR_AUTH, -ENOKEY, "no credential");
        assert_int_equal(e.retry, RETRY_FIX_CREDENTIAL);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_table_is_sound), cmocka_unit_test(test_classes),
                cmocka_unit_test(test_bodies),         cmocka_unit_test(test_long_messages),
                cmocka_unit_test(test_without_answer),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
