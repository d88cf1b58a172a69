/* The types of lib/oci, so that its headers need not include each other. */
#pragma once

#include "base/macro.h"

typedef struct ApiError ApiError;
typedef struct OciCall OciCall;
typedef struct OciClient OciClient;
typedef struct OciCredential OciCredential;
typedef struct OciKey OciKey;
typedef struct OciList OciList;
typedef struct OciProfile OciProfile;
typedef struct OciReply OciReply;
typedef struct OciRequest OciRequest;
typedef struct OciSigner OciSigner;
