#include "graft_curl.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

// The prototypes are curl.h's; checking macros of the same names would get in the way.
#undef curl_easy_setopt
#undef curl_easy_getinfo

static struct {
  __typeof__(&curl_global_init) global_init;
  __typeof__(&curl_easy_init) init;
  __typeof__(&curl_easy_cleanup) cleanup;
  __typeof__(&curl_easy_perform) perform;
  __typeof__(&curl_easy_strerror) reason;
  __typeof__(&curl_easy_setopt) set;
  __typeof__(&curl_easy_getinfo) get;
} curl;

static char problem[256];
static int is_open;

static void open_library(void) {
  static const char *const names[] = {
      "libcurl.so.4", "libcurl-gnutls.so.4", "libcurl.4.dylib", "libcurl.dylib"};
  void *library = NULL;
  for (size_t i = 0; i < sizeof names / sizeof names[0] && !library; i++) {
    library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    if (!library && i == 0) snprintf(problem, sizeof problem, "%s", dlerror());
  }
  if (!library) return;
#define FIND(field, name)                                                    \
  curl.field = (__typeof__(curl.field))dlsym(library, name);                 \
  if (!curl.field) {                                                         \
    snprintf(problem, sizeof problem, "libcurl has no function %s", name);   \
    return;                                                                  \
  }
  FIND(global_init, "curl_global_init")
  FIND(init, "curl_easy_init")
  FIND(cleanup, "curl_easy_cleanup")
  FIND(perform, "curl_easy_perform")
  FIND(reason, "curl_easy_strerror")
  FIND(set, "curl_easy_setopt")
  FIND(get, "curl_easy_getinfo")
#undef FIND
  is_open = curl.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  if (!is_open) snprintf(problem, sizeof problem, "libcurl does not start");
}

const char *graft_curl_open(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, open_library);
  return is_open ? NULL : problem;
}

CURL *graft_curl_new(void) { return curl.init(); }
void graft_curl_free(CURL *handle) { curl.cleanup(handle); }
CURLcode graft_curl_perform(CURL *handle) { return curl.perform(handle); }
const char *graft_curl_reason(CURLcode code) { return curl.reason(code); }

CURLcode graft_curl_set_text(CURL *handle, CURLoption option, const char *value) {
  return curl.set(handle, option, value);
}

CURLcode graft_curl_set_number(CURL *handle, CURLoption option, long value) {
  return curl.set(handle, option, value);
}

CURLcode graft_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
  return curl.set(handle, option, value);
}

CURLcode graft_curl_set_receiver(CURL *handle, CURLoption option, graft_curl_receiver value) {
  return curl.set(handle, option, value);
}

CURLcode graft_curl_set_progress(CURL *handle, graft_curl_progress value) {
  return curl.set(handle, CURLOPT_XFERINFOFUNCTION, value);
}

long graft_curl_response_code(CURL *handle) {
  long code = 0;
  curl.get(handle, CURLINFO_RESPONSE_CODE, &code);
  return code;
}

curl_off_t graft_curl_content_length(CURL *handle) {
  curl_off_t length = -1;
  curl.get(handle, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  return length;
}
