// libcurl does the call; the limits are ours.
#include "broker/courier/webhook.h"

#include "base/crypto.h"
#include "broker/courier/curl_handles.h"

namespace anteroom::courier {

namespace {

constexpr std::size_t largest_answer = 64 * 1024;  // of headers, and of the body

std::size_t count(char*, std::size_t size, std::size_t items, void* user) {
    auto& seen = *static_cast<std::size_t*>(user);
    seen += size * items;
    return seen > largest_answer ? 0 : size * items;  // 0 ends the transfer
}

std::string why_not(CURLcode code, long status, const char* detail) {
    if (status >= 300 && status < 400) return "it answered " + std::to_string(status) + ": redirects are not followed";
    if (status != 0) return "it answered " + std::to_string(status);
    return *detail != '\0' ? detail : curl_easy_strerror(code);
}

}  // namespace

Outcome post(const Call& call) {
    const Easy curl(curl_easy_init());
    if (!curl) return failed("libcurl cannot be set up");
    set_common(curl.get(), call.url, call.url.starts_with("http:") ? "http" : "https", call.ca_file, call.may_take / 2, call.may_take);
    List headers;
    headers.add("Content-Type: application/json; charset=utf-8");
    headers.add("Expect:");  // no waiting for 100 Continue
    for (const auto& header : call.headers) headers.add(header);
    char detail[CURL_ERROR_SIZE] = "";
    std::size_t header_bytes = 0, body_bytes = 0;
    curl_easy_setopt(curl.get(), CURLOPT_ERRORBUFFER, detail);
    curl_easy_setopt(curl.get(), CURLOPT_USERAGENT, "anteroom-courier");
    curl_easy_setopt(curl.get(), CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(curl.get(), CURLOPT_POST, 1L);
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, call.body.data());
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(call.body.size()));
    curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, count);
    curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &body_bytes);
    curl_easy_setopt(curl.get(), CURLOPT_HEADERFUNCTION, count);
    curl_easy_setopt(curl.get(), CURLOPT_HEADERDATA, &header_bytes);
    const CURLcode code = curl_easy_perform(curl.get());
    long status = 0;
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
    // Also when the answer was then cut off: it has said that it has the call.
    if (status >= 200 && status < 300) return {true, ""};
    return failed(why_not(code, status, detail));
}

std::string signature_header(const Secret& key, Time now, std::string_view body) {
    const auto seconds = std::to_string(unix_seconds(now));
    const auto mac = crypto::hmac_sha256(key.expose(), view(seconds + "." + std::string(body)));
    return "Anteroom-Signature: t=" + seconds + ",v1=" + hex(mac);
}

}  // namespace anteroom::courier
