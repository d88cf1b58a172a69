/* JSON Web Tokens, as far as their expiry. */
#include "jwt.h"

#include <errno.h>

#include "base/encode.h"
#include "base/json.h"

#define EXP_MAX 32503680000.0 /* the year 3000 */

int jwt_expiry(const char *jwt, usec_t *ret_usec) {
        _cleanup_free_ unsigned char *payload = NULL;
        _cleanup_free_ char *part = NULL;
        _cleanup_json_ cJSON *claims = NULL;
        const char *first = strchr(jwt, '.'), *second = first ? strchr(first + 1, '.') : NULL;
        double exp;
        size_t size;

        if (!second || strchr(second + 1, '.') || strlen(jwt) > JWT_SIZE_MAX)
                return -EBADMSG;
        part = xstrndup(first + 1, (size_t) (second - first - 1));
        if (base64url_decode(part, &payload, &size) < 0 ||
            json_parse((const char *) payload, size, &claims, NULL) < 0)
                return -EBADMSG;
        exp = json_number(claims, "exp", 0);
        if (!(exp > 0 && exp < EXP_MAX))
                return -EBADMSG;
        *ret_usec = (usec_t) (exp * (double) USEC_PER_SEC);
        return 0;
}
