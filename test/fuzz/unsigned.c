/* In the place of lib/oci/sign.c: requests go out without a signature, which would cost more than all else that a target does. */
#include "oci/sign.h"

int oci_sign(const OciCredential *c, const OciSignInput *in, char ***ret) {
        *ret = xnew(char *, 1);
        return 0;
}

char **oci_headers_free(char **headers) {
        return strv_free(headers);
}
