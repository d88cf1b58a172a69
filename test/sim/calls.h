/* What was asked of the cloud, for GET /calls. */
#pragma once

#include "forward.h"

CallLog *call_log_new(void);
CallLog *call_log_free(CallLog *log);
/* Notes a call once its fate is known. 'status' 0: no reply reached the caller. */
void call_log_add(CallLog *log, const Call *call, unsigned status);
/* All with n > since that are still kept (the last 200 000). The caller deletes. */
cJSON *call_log_json(const CallLog *log, uint64_t since);
