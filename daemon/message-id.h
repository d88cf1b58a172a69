/* Names of journal messages that packaging/tandem.catalog explains: what happened, and what a person can do. */
#pragma once

#define MESSAGE_REGION_SILENT  "cb932179cc9b41a5b6825f1241e68325"
#define MESSAGE_BLOCKED        "a0b8c5b530d0489fa15d35d664905c24"
#define MESSAGE_FIGHTING       "6fd70539a3ab418abd57a796e7cfd754"
#define MESSAGE_NOT_CONVERGING "b4a57f3aef554423a1df576955c1e58f"
#define MESSAGE_SPEC_REJECTED  "b7f11cfd40bb4277bb99e43b383a4929"
