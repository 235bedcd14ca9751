// libcurl, opened when it is first needed: it brings some thirty libraries along, whose start every
// other command would pay for. And in C because its functions take any type of argument, which
// Swift cannot call.
#pragma once

#include <curl/curl.h>

// Opens libcurl, once. NULL, or why it cannot be opened.
const char *graft_curl_open(void);

// The rest after a successful graft_curl_open only.

// NULL where there is no memory.
CURL *graft_curl_new(void);
void graft_curl_free(CURL *curl);
CURLcode graft_curl_perform(CURL *curl);
const char *graft_curl_reason(CURLcode code);

CURLcode graft_curl_set_text(CURL *curl, CURLoption option, const char *value);
CURLcode graft_curl_set_number(CURL *curl, CURLoption option, long value);
CURLcode graft_curl_set_pointer(CURL *curl, CURLoption option, void *value);

typedef size_t (*graft_curl_receiver)(char *bytes, size_t size, size_t count, void *user);
CURLcode graft_curl_set_receiver(CURL *curl, CURLoption option, graft_curl_receiver value);

typedef int (*graft_curl_progress)(void *user, curl_off_t expected, curl_off_t received,
                                   curl_off_t to_send, curl_off_t sent);
CURLcode graft_curl_set_progress(CURL *curl, graft_curl_progress value);

long graft_curl_response_code(CURL *curl);
// Bytes of the answer's body; -1 where it does not say.
curl_off_t graft_curl_content_length(CURL *curl);
